// Cloudflare's runtime compiles no bytes: the module is imported, and fetch does the rest.
import core from '../core.wasm';
import { ArenaError } from '../errors.js';

export function coreModule(): BufferSource | WebAssembly.Module {
  return core;
}

export function read(url: string | URL): Promise<Response | BufferSource> {
  return fetch(url);
}

export function loadThreads(): Promise<never> {
  throw new ArenaError('ERR_THREADS_UNAVAILABLE', 'Cloudflare Workers have no threads: leave out the option threads');
}
