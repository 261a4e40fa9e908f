// Errors as they are printed.
import type { Diagnostic } from '../driver/api.js';

/** One line, or a compiler's own; with the stack where an error of ours is looked for. */
export function messageOf(error: unknown, debug = false): string {
  if (!(error instanceof Error)) return `arena-bind: ${String(error)}`;
  if (error.name === 'UsageError') return `arena-bind: ${error.message}`;
  if (error.name !== 'BuildError') return `arena-bind: ${debug ? error.stack : error.message}`;
  // It begins with the place of the first error, as those of compilers do, or is about no place.
  const { diagnostics } = error as Error & { diagnostics: readonly Diagnostic[] };
  return diagnostics.length > 0 ? error.message : `arena-bind: ${error.message}`;
}
