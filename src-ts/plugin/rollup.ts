import { createUnplugin } from 'unplugin';
import { emitAsset, resolveFileUrl, transform } from './asset.js';
import { newHost } from './module.js';
import type { Options } from './options.js';
import { arenaPlugin } from './plugin.js';

export type { Options } from './options.js';

const INLINE = '?inline';

const plugin = createUnplugin<Options | undefined, false>((options) => ({
  ...arenaPlugin(options, newHost(), { throws: true, emit: emitAsset }),
  rollup: {
    resolveFileUrl,
    transform,
    // One file has no room for the chunk that the package imports where it needs it.
    outputOptions(output: { format?: string; inlineDynamicImports?: boolean }) {
      const single = /^(iife|umd)$/.test(output.format ?? '') && output.inlineDynamicImports === undefined;
      return single ? { ...output, inlineDynamicImports: true } : null;
    },
    // The others know that a query is no part of the file's name.
    async resolveId(this: any, source: string, importer: string | undefined, settings: object) {
      if (!source.endsWith(INLINE)) return null;
      const found = await this.resolve(source.slice(0, -INLINE.length), importer, { ...settings, skipSelf: true });
      return found && !found.external ? `${found.id}${INLINE}` : null;
    },
  },
}));

/** For `plugins` of rollup.config.js. */
const arenaBind: (options?: Options) => { name: string } = plugin.rollup;
export default arenaBind;
