import { core } from '../core.gen.js';
import { decodeBase64 } from '../base64.js';

/** The prebuilt kernels, as bytes or compiled. */
export function coreModule(): BufferSource | WebAssembly.Module {
  return decodeBase64(core);
}

/** The bytes of a file; undefined when `url` has to be fetched. */
export function readFile(_url: string | URL): Promise<BufferSource> | undefined {
  return undefined;
}
