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
  const data = new DataView(memory.buffer);
  const field = (offset: number) => data.getUint32(address + offset, true);
  const status = field(OFFSET_OF_FAILURE_STATUS);
  if (status === STATUS_OK) return undefined;
  data.setUint32(address + OFFSET_OF_FAILURE_STATUS, STATUS_OK, true);
  const bytes = new Uint8Array(memory.buffer, address + OFFSET_OF_FAILURE_TEXT, field(OFFSET_OF_FAILURE_LENGTH));
  return { status, requested: field(OFFSET_OF_FAILURE_REQUESTED), text: decodeUtf8(bytes) };
}
