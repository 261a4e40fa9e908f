// Which lines of a file of wrong uses a TypeScript compiler refuses, beside those that it should.
import { expect } from 'vitest';

/** Each line below a comment `expect:` has to be refused with that text, and no other line of `file`. */
export function expectRefusals(output: string, source: string, file: RegExp): void {
  const lines = source.split('\n');
  const errors = new Map<number, string>();
  for (const line of output.split('\n')) {
    const [, name = '', at, message] = /^([^ ].*)\((\d+),\d+\): error TS(.*)$/.exec(line) ?? [];
    if (at && file.test(name)) errors.set(Number(at), message as string);
    else if (/^[^ ]/.test(line)) throw new Error(`not about a line of ${file}: ${line}`);
    else if (errors.size) errors.set([...errors.keys()].at(-1) as number, [...errors.values()].at(-1) + line);
  }
  const expected = new Map<number, string>();
  lines.forEach((line, i) => {
    const text = /^\/\/ expect: (.+)$/.exec(line)?.[1];
    if (text) expected.set(i + 2, text);
  });
  expect([...errors.keys()].sort((a, b) => a - b)).toEqual([...expected.keys()]);
  for (const [line, text] of expected) expect(errors.get(line), `line ${line}: ${lines[line - 1]}`).toContain(text);
}
