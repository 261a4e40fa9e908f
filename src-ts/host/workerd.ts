// Cloudflare's runtime compiles no bytes: the module is imported, and fetch does the rest.
import core from '../core.wasm';

export function coreModule(): BufferSource | WebAssembly.Module {
  return core;
}

export function readFile(_url: string | URL): Promise<BufferSource> | undefined {
  return undefined;
}
