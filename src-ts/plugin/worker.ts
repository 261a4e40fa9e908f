// The script of the package's workers, in bundlers that don't follow `new Worker(new URL('./worker.js', import.meta.url))`.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The chunks of the package, one of which starts workers, in browsers or in Node. */
export const THREADS = /[\\/]dist[\\/]esm[\\/](?:threads|index-|node-)[\w.]*\.js$/;

const ADDRESS = /new URL\(\s*(["'])\.\/(worker(?:\.node)?\.js)\1,\s*import\.meta\.url\s*\)/;

interface Script {
  /** For the output. */
  name: string;
  bytes: Buffer;
}

/**
 * The chunk, `code`, in the folder of the package, with another expression for the address of the script; undefined where
 * it is some other package's.
 */
export async function withWorker(
  folder: string,
  code: string,
  expressionFor: (script: Script) => string,
): Promise<string | undefined> {
  const file = ADDRESS.exec(code)?.[2];
  if (file === undefined) return undefined;
  const manifest = JSON.parse(await readFile(join(folder, '../../package.json'), 'utf8'));
  if (manifest.name !== 'arena-bind') return undefined;
  // Node takes .js for a module only where a package.json says so.
  const name = file === 'worker.js' ? 'arena-bind-worker.js' : 'arena-bind-worker.mjs';
  const expression = expressionFor({ name, bytes: await readFile(join(folder, file)) });
  return code.replace(ADDRESS, () => expression);
}
