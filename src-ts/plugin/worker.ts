// The script of the package's workers, in bundlers that don't follow `new Worker(new URL('./worker.js', import.meta.url))`.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The chunk of the package that starts workers. */
export const THREADS = /[\\/]dist[\\/]esm[\\/]threads\.js$/;

const ADDRESS = /new URL\(\s*(["'])\.\/worker\.js\1,\s*import\.meta\.url\s*\)/;

/**
 * The chunk, `code`, in the folder of the package, with another expression for the address of the script; undefined where
 * it is some other package's.
 */
export async function withWorker(
  folder: string,
  code: string,
  expressionFor: (script: Buffer) => string,
): Promise<string | undefined> {
  if (!ADDRESS.test(code)) return undefined;
  const { name } = JSON.parse(await readFile(join(folder, '../../package.json'), 'utf8'));
  if (name !== 'arena-bind') return undefined;
  const expression = expressionFor(await readFile(join(folder, 'worker.js')));
  return code.replace(ADDRESS, () => expression);
}
