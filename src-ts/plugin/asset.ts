// Files as assets of Rollup, Rolldown and Vite: they name the file, and know the way to it from each chunk.
import { dirname } from 'node:path';
import type { Emitted } from './module.js';
import type { Context } from './plugin.js';
import { THREADS, withWorker } from './worker.js';

export function emitAsset(context: Pick<Context, 'emitFile'>, name: string, source: Uint8Array): Emitted {
  // Rollup gives a reference, which unplugin's types don't know of.
  const reference = context.emitFile({ type: 'asset', name, source }) as unknown as string;
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

/** For Rollup and Rolldown; Vite knows what `new Worker(new URL(...))` means. */
export const transform = {
  // Rolldown asks before it calls into JavaScript.
  filter: { id: THREADS },
  async handler(
    this: Pick<Context, 'emitFile'>,
    code: string,
    id: string,
  ): Promise<{ code: string; map: null } | null> {
    if (!THREADS.test(id)) return null; // before 4.38 Rollup knows no filters
    const changed = await withWorker(
      dirname(id),
      code,
      ({ name, bytes }) => `new URL(${emitAsset(this, name, bytes).url})`,
    );
    return changed === undefined ? null : { code: changed, map: null };
  },
};
