import type { Registry } from '../../src-ts/index.js';

export interface Turns {
  thread: number;
  threads: number;
  frames: number;
  blocks: number;
  flags: Int32Array;
}
export function takeTurns(
  registry: Registry<any>,
  processFrame: unknown,
  turns: Turns,
): { changed: number; left: number; allocations: number };
