// After a build that failed: whose change may mend it.
import { dirname, resolve } from 'node:path';
import type { BuildError } from './api.js';
import { closureOf } from './includes.js';

/**
 * Absolute paths. Besides the files that the errors name: all that the sources include, since the mistake may lie in a
 * header that is in order by itself; and where a header that wasn't found may turn up, which are missing so far.
 */
export async function suspectsOf(
  { diagnostics }: BuildError,
  sources: readonly string[],
  include: readonly string[],
): Promise<string[]> {
  const named = diagnostics.flatMap(({ file }) => file ?? []);
  const missing = diagnostics.flatMap(({ file, message }) => {
    const [, name] = /^'(.+)' file not found/.exec(message) ?? [];
    if (file === undefined || name === undefined) return [];
    return [dirname(file), ...include].map((folder) => resolve(folder, name));
  });
  const included = await Promise.all(sources.map((source) => closureOf(source, include)));
  return [...new Set([...named, ...missing, ...included.flat()])];
}
