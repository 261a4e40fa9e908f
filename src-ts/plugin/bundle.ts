// The wasm as a file of webpack's and Rspack's output.
import { createHash } from 'node:crypto';
import type { Emitted } from './module.js';
import type { Context } from './plugin.js';

const HASH_LETTERS = 16;

export function emitBundled(context: Context, name: string, wasm: Uint8Array): Emitted | undefined {
  const native = context.getNativeBuildContext?.();
  if (native?.framework !== 'webpack' && native?.framework !== 'rspack') return undefined;
  const { compiler, loaderContext } = native;
  // On a server the public path is where browsers find the file: Node doesn't.
  if (!loaderContext || compiler.options.externalsPresets?.node) return undefined;
  const hash = createHash('sha256').update(wasm).digest('hex').slice(0, HASH_LETTERS);
  const file = name.replace(/(?=\.wasm$)/, `.${hash}`);
  // The loader's own way keeps the file with the module, also when that comes out of a cache.
  loaderContext.emitFile(file, Buffer.from(wasm), undefined, { immutable: true });
  return { url: `new URL(__webpack_public_path__ + ${JSON.stringify(file)}, __webpack_base_uri__).href` };
}
