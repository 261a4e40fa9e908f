// What a kernel or a static constructor said before it stopped.

import {
  type Hooks,
  OFFSET_OF_FAILURE_LENGTH,
  OFFSET_OF_FAILURE_REQUESTED,
  OFFSET_OF_FAILURE_STATUS,
  OFFSET_OF_FAILURE_TEXT,
  STATUS_OK,
} from './abi.gen.js';
import { decodeUtf8 } from './text.js';

export interface Failure {
  /** A Status of abi.h. */
  readonly status: number;
  /** Bytes asked for, when out of memory. */
  readonly requested: number;
  readonly text: string;
}

/** After a trap: gives scratch memory back, and takes the message, if there is one. */
export function takeFailure(hooks: Hooks, memory: WebAssembly.Memory): Failure | undefined {
  const address = hooks.arena_recover() >>> 0;
  const fields = new Uint32Array(memory.buffer, address, OFFSET_OF_FAILURE_TEXT / 4);
  const status = fields[OFFSET_OF_FAILURE_STATUS / 4] as number;
  if (status === STATUS_OK) return undefined;
  fields[OFFSET_OF_FAILURE_STATUS / 4] = STATUS_OK;
  const requested = fields[OFFSET_OF_FAILURE_REQUESTED / 4] as number;
  const length = fields[OFFSET_OF_FAILURE_LENGTH / 4];
  const text = new Uint8Array(memory.buffer, address + OFFSET_OF_FAILURE_TEXT, length);
  return { status, requested, text: decodeUtf8(text) };
}
