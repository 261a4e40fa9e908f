// A task in memory (jobs.hpp): written by the owner, read by the worker that runs it.

import {
  FAILURE_TEXT_BYTES,
  OFFSET_OF_TASK_COUNT,
  OFFSET_OF_TASK_KERNEL,
  OFFSET_OF_TASK_ORDER,
  OFFSET_OF_TASK_SLOTS,
  OFFSET_OF_TASK_WIDE,
  TASK_BYTES,
} from '../abi.gen.js';

/** Of the task's record. */
export function taskAddress(tasks: number, task: number): number {
  return tasks + task * TASK_BYTES;
}

/** `slots` are numbers and bigints, which travel as float64 and int64. */
export function writeTask(
  memory: WebAssembly.Memory,
  tasks: number,
  task: number,
  kernel: number,
  slots: readonly unknown[],
): void {
  const data = new DataView(memory.buffer, taskAddress(tasks, task), TASK_BYTES);
  data.setUint32(OFFSET_OF_TASK_KERNEL, kernel, true);
  data.setUint32(OFFSET_OF_TASK_COUNT, slots.length, true);
  const wide = [0, 0];
  for (const [i, slot] of slots.entries()) {
    const at = OFFSET_OF_TASK_SLOTS + 8 * i;
    if (typeof slot === 'bigint') {
      wide[i >> 5] = (wide[i >> 5] as number) | (1 << (i & 31));
      data.setBigInt64(at, slot, true);
    } else {
      data.setFloat64(at, Number(slot), true);
    }
  }
  data.setInt32(OFFSET_OF_TASK_WIDE, wide[0] as number, true);
  data.setInt32(OFFSET_OF_TASK_WIDE + 4, wide[1] as number, true);
}

export function readTask(
  memory: WebAssembly.Memory,
  tasks: number,
  task: number,
): { order: number; kernel: number; slots: (number | bigint)[] } {
  const data = new DataView(memory.buffer, taskAddress(tasks, task), TASK_BYTES);
  const slots: (number | bigint)[] = [];
  for (let i = 0; i < data.getUint32(OFFSET_OF_TASK_COUNT, true); i++) {
    const at = OFFSET_OF_TASK_SLOTS + 8 * i;
    const wide = data.getInt32(OFFSET_OF_TASK_WIDE + 4 * (i >> 5), true) & (1 << (i & 31));
    slots.push(wide ? data.getBigInt64(at, true) : data.getFloat64(at, true));
  }
  return {
    order: data.getUint32(OFFSET_OF_TASK_ORDER, true),
    kernel: data.getUint32(OFFSET_OF_TASK_KERNEL, true),
    slots,
  };
}

/** The bytes of a failure's text, as many as fit. */
export function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text).subarray(0, FAILURE_TEXT_BYTES);
}
