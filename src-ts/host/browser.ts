import { letters } from '../core.gen.js';
import { decodeLetters } from '../letters.js';

/** The prebuilt kernels, as bytes or compiled. */
export function coreModule(): BufferSource | WebAssembly.Module {
  return decodeLetters(letters);
}

/** The bytes of a file; undefined when `url` has to be fetched. */
export function readFile(_url: string | URL): Promise<BufferSource> | undefined {
  return undefined;
}

/** What registries with threads take, for those that have them. */
export function loadThreads(): Promise<typeof import('../threads/create.js')> {
  return import('../threads/create.js');
}
