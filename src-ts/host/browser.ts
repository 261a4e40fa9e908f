import { letters } from '../core.gen.js';
import { decodeLetters } from '../letters.js';

/** The prebuilt kernels, as bytes or compiled. */
export function coreModule(): BufferSource | WebAssembly.Module {
  return decodeLetters(letters);
}

/** What lies at `url`. */
export function read(url: string | URL): Promise<Response | BufferSource> {
  return fetch(url);
}

/** What registries with threads take, for those that have them. */
export function loadThreads(): Promise<typeof import('../threads/create.js')> {
  return import('../threads/create.js');
}
