/** What an {@link ArenaError} is about; the values are stable. */
export type ErrorCode =
  | 'ERR_OUT_OF_MEMORY'
  | 'ERR_INVALID_LENGTH'
  | 'ERR_INVALID_TYPE'
  | 'ERR_INVALID_ARGUMENT'
  | 'ERR_INVALID_OPTION'
  | 'ERR_UNKNOWN_KERNEL'
  | 'ERR_ARGUMENT_COUNT'
  | 'ERR_FOREIGN_VIEW'
  | 'ERR_STALE_VIEW'
  | 'ERR_FRAME_ESCAPE'
  | 'ERR_ASYNC_FRAME'
  | 'ERR_KERNEL_TRAP'
  | 'ERR_KERNEL_FAILED'
  | 'ERR_BAD_MODULE'
  | 'ERR_THREADS_UNAVAILABLE'
  | 'ERR_CANNOT_WAIT'
  | 'ERR_THREADS_INSIDE'
  | 'ERR_PLAN'
  | 'ERR_DISPOSED';

/** Base of every error that arena-bind throws: the message says what came, what was expected and what to do. */
export class ArenaError extends Error {
  override readonly name: string = 'ArenaError';
  constructor(
    /** Stable, for programs; the message is for people. */
    readonly code: ErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** `ERR_OUT_OF_MEMORY`: a block did not fit. The arena is as it was before; the next frame works. */
export class OutOfMemoryError extends ArenaError {
  override readonly name = 'OutOfMemoryError';
  constructor(
    message: string,
    /** Bytes that were asked for. */
    readonly requested: number,
    /** Bytes between the frame and the persistent blocks. */
    readonly free: number,
    /** Bytes in the whole arena. */
    readonly capacity: number,
    /** The most bytes that any frame has used. */
    readonly peak: number,
  ) {
    super('ERR_OUT_OF_MEMORY', message);
  }
}

/** `ERR_KERNEL_TRAP` or `ERR_KERNEL_FAILED`: a kernel stopped. The stack is restored; the next call works. */
export class KernelError extends ArenaError {
  override readonly name = 'KernelError';
  constructor(
    code: 'ERR_KERNEL_TRAP' | 'ERR_KERNEL_FAILED',
    message: string,
    /** The kernel's name. */
    readonly kernel: string,
    /** What `arena::fail` was called with (1 when only with a text); 0 for a trap. */
    readonly status: number,
    options?: { cause?: unknown },
  ) {
    super(code, message, options);
  }
}
