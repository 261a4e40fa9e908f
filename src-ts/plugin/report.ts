// How diagnostics reach the bundler, so that it shows the file and the line.
import type { BuildError, Diagnostic } from '../driver/api.js';
import { formatDiagnostic } from '../driver/diagnostics.js';
import type { Context, Host } from './plugin.js';

/** A diagnostic as bundlers take them; those that have no use for `loc` show only the message. */
export function messageOf(diagnostic: Diagnostic, cwd: string) {
  const { file, line, column } = diagnostic;
  const loc = line === undefined ? undefined : { file, line, column: (column ?? 1) - 1 };
  return { message: formatDiagnostic(diagnostic, cwd), id: file, loc };
}

/** Tells the bundler of a failed build; gives the code that takes the module's place where the bundler goes on. */
export function report(context: Context, error: BuildError, source: string, { cwd, throws }: Host): string {
  const errors = error.diagnostics.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (throws || first === undefined) {
    context.error({ id: source, ...(first && messageOf(first, cwd)), message: error.message });
  } else {
    for (const diagnostic of errors) context.error(messageOf(diagnostic, cwd));
  }
  return `throw new Error(${JSON.stringify(error.message)});\nexport default undefined;\n`;
}
