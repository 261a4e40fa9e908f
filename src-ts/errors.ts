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

/**
 * Shows any value in a message, short.
 * @internal
 */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `a function${value.name ? ` ${value.name}` : ''}`;
  if (value === null || typeof value !== 'object') return String(value);
  if (ArrayBuffer.isView(value)) {
    const length = 'length' in value ? ` of ${value.length} elements` : '';
    return `${value.constructor.name}${length}`;
  }
  if (Array.isArray(value)) return `an array of ${value.length} elements`;
  const name = value.constructor?.name ?? 'object';
  return `${/^[AEIOaeio]/.test(name) ? 'an' : 'a'} ${name}`;
}

/**
 * The candidate that `name` is probably a slip of; undefined when none is near.
 * @internal
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.ceil(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

// Levenshtein, two rows.
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let k = 1; k <= b.length; k++) {
      const substitution = (previous[k - 1] ?? 0) + (a[i - 1] === b[k - 1] ? 0 : 1);
      row.push(Math.min(substitution, (previous[k] ?? 0) + 1, (row[k - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
