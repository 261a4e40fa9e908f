// In frames that repeat, no collection runs and the heap does not grow: seen by Node's own observer, and by --trace-gc.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('./garbage.mjs', import.meta.url));
const run = (...args: string[]) =>
  execFileSync(process.execPath, ['--expose-gc', ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });

interface Seen {
  frames: number;
  collections: number;
  /** Of heap, between the first and the last frame. */
  bytes: number;
}

test('a million frames of the lifecycle, and others that repeat, leave no garbage; a control that copies does', () => {
  const lines = run(script, 'observe').trim().split('\n');
  const report = JSON.parse(lines.at(-1) as string) as Record<string, Seen>;
  const names = Object.keys(report);
  expect(names.length).toBeGreaterThan(7);
  expect(report['the lifecycle']?.frames).toBe(1_000_000);
  for (const [name, { collections, bytes }] of Object.entries(report)) {
    if (name.startsWith('control')) expect(collections, name).toBeGreaterThan(0);
    else {
      expect(collections, name).toBe(0);
      expect(bytes, name).toBeLessThanOrEqual(16 * 1024);
    }
  }
  expect(names.filter((name) => name.startsWith('control'))).toHaveLength(1);

  // The same without the observer: each case lies between two collections that were forced.
  const trace = run('--trace-gc', script)
    .split('\n')
    .filter((line) => / ms: /.test(line));
  const forced = trace.flatMap((line, i) => (/testing/.test(line) ? [i] : []));
  expect(forced).toHaveLength(2 * names.length);
  for (const [i, name] of names.entries()) {
    const between = (forced[2 * i + 1] as number) - (forced[2 * i] as number) - 1;
    if (name.startsWith('control')) expect(between, name).toBeGreaterThan(0);
    else expect(between, name).toBe(0);
  }
});
