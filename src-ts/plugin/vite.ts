import { createUnplugin } from 'unplugin';
import { emitAsset, resolveFileUrl } from './asset.js';
import { newHost } from './module.js';
import type { Options } from './options.js';
import { arenaPlugin } from './plugin.js';

export type { Options } from './options.js';

const plugin = createUnplugin<Options | undefined, false>((options) => {
  const host = newHost();
  let emits = false;
  const common = arenaPlugin(options, host, {
    throws: true,
    // A dev server has no assets, and the address of a page's asset is no file to a server.
    emit: (context, name, wasm, [load]) =>
      emits && !(load as { ssr?: boolean } | undefined)?.ssr ? emitAsset(context, name, wasm) : undefined,
  });
  return {
    ...common,
    vite: {
      resolveFileUrl,
      config({ worker }) {
        // Bundles of workers have plugins of their own.
        const plugins = () => [worker?.plugins?.() ?? [], arenaBind(options)];
        return { worker: { plugins } };
      },
      configResolved({ root, command, build }) {
        host.cwd = root;
        host.inlineLimit = build.assetsInlineLimit;
        emits = command === 'build';
      },
    },
  };
});

/** For `plugins` of vite.config.ts, of Vite 5 to 8 and of Vitest. */
const arenaBind: (options?: Options) => { name: string } = plugin.vite;
export default arenaBind;
