import { hex } from '../core.gen.js';

export function coreModule(): BufferSource | WebAssembly.Module {
  // A loop over it would be optimized for its only run, which takes milliseconds and megabytes.
  return Buffer.from(hex, 'hex');
}

// A path or file: URL; fetch in Node knows neither.
export function read(url: string | URL): Promise<Response | BufferSource> {
  if (/^(https?|data|blob):/.test(String(url))) return fetch(url);
  return import('node:fs/promises').then((fs) => {
    const path = typeof url === 'string' && url.startsWith('file:') ? new URL(url) : url;
    return fs.readFile(path) as unknown as Promise<BufferSource>;
  });
}

/** What registries with threads take, for those that have them. */
export function loadThreads(): Promise<typeof import('../threads/create.js')> {
  return import('../threads/create.js');
}
