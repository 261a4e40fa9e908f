// Errors as they are printed.
import type { Diagnostic } from '../driver/api.js';

/** One line, or a compiler's own; with the stack where an error of ours is looked for. */
export function messageOf(error: unknown, debug = false): string {
  if (!(error instanceof Error)) return `arena-bind: ${String(error)}`;
  if ('diagnostics' in error) {
    // It begins with the place of the first error, as those of compilers do, or is about no place.
    const { length } = error.diagnostics as readonly Diagnostic[];
    return length > 0 ? error.message : `arena-bind: ${error.message}`;
  }
  return `arena-bind: ${debug && !isUsage(error) ? error.stack : error.message}`;
}

/** Whether the command is wrong, by what this program or the driver says. */
export function isUsage(error: unknown): boolean {
  return error instanceof Error && (error.name === 'UsageError' || error.name === 'OptionError');
}
