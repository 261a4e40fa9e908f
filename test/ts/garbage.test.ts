// In frames that repeat, no collection runs and the heap does not grow: seen by Node's own observer, and by --trace-gc.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

interface Seen {
  frames: number;
  /** How often the case ran until it was clean, or the attempts were over. */
  attempts: number;
  /** In the last attempt, as all below. */
  collections: number;
  /** By which the heap grew between the first and the last frame. */
  bytes: number;
}

function run(...args: string[]): { trace: string[]; report: Record<string, Seen> } {
  const script = fileURLToPath(new URL('./garbage.mjs', import.meta.url));
  const nodeArgs = args.filter((arg) => arg.startsWith('--'));
  const rest = args.filter((arg) => !arg.startsWith('--'));
  const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', ...nodeArgs, script, ...rest], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const line = stderr.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(stderr);
  return { trace: stdout.split('\n').filter((text) => / ms: /.test(text)), report: JSON.parse(line) };
}

const isControl = (name: string) => name.startsWith('control');

test('a million frames of the lifecycle, and others that repeat, leave no garbage; a control that copies does', () => {
  const { report } = run('observe');
  expect(report['the lifecycle']?.frames).toBe(1_000_000);
  expect(Object.keys(report).filter(isControl)).toHaveLength(1);
  for (const [name, { collections, bytes }] of Object.entries(report)) {
    if (isControl(name)) expect(collections, name).toBeGreaterThan(0);
    else {
      expect(collections, name).toBe(0);
      expect(bytes, name).toBeLessThanOrEqual(16 * 1024);
    }
  }
}, 120_000);

test('the engine traces no collection in them either, but for the control', () => {
  const { trace, report } = run('--trace-gc');
  const forced = trace.flatMap((line, i) => (line.includes('testing') ? [i] : []));
  let last = -1; // of the two forced collections around each attempt, the second one
  for (const [name, { attempts }] of Object.entries(report)) {
    last += 2 * attempts;
    const between = (forced[last] as number) - (forced[last - 1] as number) - 1;
    if (isControl(name)) expect(between, name).toBeGreaterThan(0);
    else expect(between, name).toBe(0);
  }
  expect(forced).toHaveLength(last + 1);
}, 120_000);
