// The wasm as an asset of Rollup, Rolldown and Vite: they name the file, and know the way to it from each chunk.
import type { Emitted } from './module.js';
import type { Context } from './plugin.js';

export function emitAsset(context: Context, name: string, wasm: Uint8Array): Emitted {
  // Rollup gives a reference, which unplugin's types don't know of.
  const reference = context.emitFile({ type: 'asset', name, source: wasm }) as unknown as string;
  return { url: `import.meta.ROLLUP_FILE_URL_${reference}` };
}

/** A script that is no module may be a worker as well, which Rollup's own expression doesn't expect. */
export function resolveFileUrl({ format, relativePath }: { format: string; relativePath: string }): string | null {
  if (format !== 'iife' && format !== 'umd') return null;
  const path = JSON.stringify(relativePath);
  const script =
    "typeof document === 'undefined' ? self.location.href : document.currentScript?.src || document.baseURI";
  return `new URL(${path}, ${script}).href`;
}
