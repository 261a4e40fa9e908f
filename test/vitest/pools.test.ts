// The entry in every pool and environment of Vitest, and what a failing test of a user says there.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';

interface Outcome {
  state: string;
  errors: { message: string; stack: string }[];
}

const places = [
  ['forks', 'node'],
  ['threads', 'node'],
  ['vmThreads', 'node'],
  ['vmForks', 'node'],
  ['forks', 'happy-dom'],
];
let outcomes: Record<string, Record<string, Outcome>>;

beforeAll(() => {
  const script = fileURLToPath(new URL('inner/run.mjs', import.meta.url));
  const env = { ...process.env };
  for (const name of Object.keys(env)) if (name.startsWith('VITEST')) delete env[name];
  const output = execFileSync(process.execPath, [script, JSON.stringify(places)], { encoding: 'utf8', env });
  outcomes = JSON.parse(output.trim().split('\n').at(-1) as string);
}, 120_000);

describe.each(places)('%s, %s', (pool, environment) => {
  const of = (name: string) => outcomes[`${pool} ${environment}`]?.[name] as Outcome;
  const messages = (name: string) => of(name).errors.map(({ message }) => message);

  test('a test fails when it leaves a frame open', () => {
    expect(of('fixture > leaves a frame open').state).toBe('failed');
    expect(messages('fixture > leaves a frame open')).toEqual([
      expect.stringMatching(/^the test left a frame of its registry open, with blocks of 16 bytes in use: close each/),
    ]);
    expect(messages('fixture > leaves two empty frames open')).toEqual([
      expect.stringMatching(/^the test left 2 frames of its registry open, with no block in use: close each/),
    ]);
  });

  test('one that fails by itself fails for its own reason only, and those after it run', () => {
    expect(messages('fixture > fails by itself with a frame open')).toEqual(['of its own']);
    for (const name of ['fixture > closes its frame', 'fixture > takes no registry', 'matchers > hold']) {
      expect(of(name), name).toEqual({ state: 'passed', errors: [] });
    }
  });

  test('garbage is seen, and who makes it', () => {
    expect(of('zero garbage > holds')).toEqual({ state: 'passed', errors: [] });
    const [error, ...rest] = of('zero garbage > does not hold').errors;
    expect(rest).toEqual([]);
    expect(error?.message).toMatch(
      /^each frame left [\d.]+ bytes of garbage, expected none \(the heap grew by \d+ bytes/,
    );
    const source = readFileSync(new URL('inner/frames.ts', import.meta.url), 'utf8').split('\n');
    const line = 1 + source.findIndex((text) => text.includes('function leaky'));
    // Pools with a realm of their own for each file map no positions there.
    if (pool?.startsWith('vm')) expect(error?.message).toContain('leaky in inner/frames.ts allocates about');
    else
      expect(error?.stack).toMatch(
        new RegExp(`^    at leaky \\(.*frames\\.ts:${line}:\\d+\\)\\n    at .*frames\\.ts`, 'm'),
      );
  });

  test('matchers say what differs', () => {
    expect(messages('matchers > do not hold')).toEqual([
      expect.stringContaining('1 of 2 elements differ\n  first: [1] received 0.25, expected 0.75'),
    ]);
  });
});
