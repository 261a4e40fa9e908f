// How a diagnostic looks to a bundler, so that it shows the file, the line and what stands there.
import { readFileSync } from 'node:fs';
import type { BuildError, Diagnostic } from '../driver/api.js';
import { formatDiagnostic } from '../driver/diagnostics.js';

const AROUND = 2; // lines before and after

export interface Message {
  message: string;
  /** The file. */
  id?: string | undefined;
  /** `line` from 1, `column` from 0. */
  loc?: { file: string; line: number; column: number };
  /** The lines around, with a mark below the place. */
  frame?: string | undefined;
  /** Empty: where in this plugin the message was made helps nobody. */
  stack?: '';
}

export function messageOf(diagnostic: Diagnostic, cwd: string): Message {
  const { file, line, column } = diagnostic;
  const message = formatDiagnostic(diagnostic, cwd);
  if (file === undefined || line === undefined) return { message, id: file };
  const text = linesOf(file)?.[line - 1] ?? '';
  // Compilers count bytes.
  const before = Buffer.from(text).toString('utf8', 0, (column ?? 1) - 1);
  const loc = { file, line, column: before.length };
  return { message, id: file, loc, frame: frameOf(loc) };
}

/** All errors of a build as one message, at the place of the first. */
export function messageOfAll(error: BuildError, cwd: string): Message {
  const [first] = errorsOf(error);
  return { ...(first && messageOf(first, cwd)), message: error.message, stack: '' };
}

export const errorsOf = (error: BuildError): Diagnostic[] =>
  error.diagnostics.filter(({ severity }) => severity === 'error');

/** The lines of a file; undefined when it can't be read. */
export function linesOf(file: string): string[] | undefined {
  try {
    return readFileSync(file, 'utf8').trimEnd().split(/\r?\n/);
  } catch {
    return undefined;
  }
}

function frameOf({ file, line, column }: Required<Message>['loc']): string | undefined {
  const lines = linesOf(file);
  if (lines === undefined || lines.length < line) return undefined;
  const first = Math.max(1, line - AROUND);
  const last = Math.min(lines.length, line + AROUND);
  const width = String(last).length;
  const shown = lines
    .slice(first - 1, last)
    .map((text, i) => `${String(first + i).padStart(width)} | ${text}`.trimEnd());
  // A tab before the place is as wide in the mark's line.
  const indent = (lines[line - 1] as string).slice(0, column).replaceAll(/[^\t]/g, ' ');
  shown.splice(line - first + 1, 0, `${' '.repeat(width)} | ${indent}^`);
  return shown.join('\n');
}
