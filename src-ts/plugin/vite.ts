import { resolve } from 'node:path';
import { createUnplugin } from 'unplugin';
import { ISOLATION } from '../threads/headers.js';
import { emitAsset, resolveFileUrl } from './asset.js';
import { newHost, queryOf } from './module.js';
import type { Options } from './options.js';
import { arenaPlugin } from './plugin.js';

export type { Options } from './options.js';

type Headers = Record<string, number | string | string[] | undefined>;

// Vite's client, which updates come through, can't run in an AudioWorklet: what one imports is another module than the
// page's, without updates, so that the page is loaded again.
const WORKLET = 'worklet';
const forWorklet = (id: string): boolean => queryOf(id).has(WORKLET);

const plugin = createUnplugin<Options | undefined, false>((options) => {
  const host = newHost();
  let emits = false;
  let swaps = false;
  const common = arenaPlugin(options, host, {
    throws: true,
    hot: (id) => swaps && !forWorklet(id),
    // A dev server has no assets, and the address of a page's asset is no file to a server.
    emit: (context, name, wasm, [load]) =>
      emits && !(load as { ssr?: boolean } | undefined)?.ssr ? emitAsset(context, name, wasm) : undefined,
  });
  return {
    ...common,
    vite: {
      resolveFileUrl,
      config({ server, preview }) {
        return {
          // Bundles of workers have plugins of their own. Vite adds these to the user's.
          worker: { plugins: () => [arenaBind(options)] },
          // The optimizer would give the page a second copy of the package beside the one that kernel modules import.
          optimizeDeps: { exclude: ['arena-bind'] },
          ...(options?.threads && {
            server: { headers: isolated(server?.headers) },
            preview: { headers: isolated(preview?.headers ?? server?.headers) },
          }),
        };
      },
      configResolved({ root, command, build, server, worker }) {
        host.cwd = root;
        // Rollup makes no worker of one file out of what has chunks, as the package has for threads; Rolldown does.
        const { rollupOptions, rolldownOptions } = worker as Partial<typeof worker>;
        if (worker.format === 'iife' && !rolldownOptions && rollupOptions && !Array.isArray(rollupOptions.output)) {
          rollupOptions.output = { inlineDynamicImports: true, ...rollupOptions.output };
        }
        host.inlineLimit = build.assetsInlineLimit;
        emits = command === 'build';
        // Vitest has a server without it.
        swaps = command === 'serve' && server.hmr !== false;
      },
      configureServer({ middlewares }) {
        middlewares.use((request, _response, next) => {
          const [path = ''] = (request.url ?? '').split('?');
          if (request.headers['sec-fetch-dest'] === 'audioworklet' && common.loadInclude?.(path)) {
            request.url += `${request.url === path ? '?' : '&'}${WORKLET}`;
          }
          next();
        });
      },
      // What a module was made from, Vite learns only where that went well; and one that never did gets no update.
      handleHotUpdate({ file, modules, server }) {
        const changed = resolve(file);
        const made = [...host.dependencies].filter(([, files]) => files.includes(changed)).map(([source]) => source);
        const theirs = made.flatMap((source) => [...(server.moduleGraph.getModulesByFile(source) ?? [])]);
        if (theirs.some(({ isSelfAccepting }) => isSelfAccepting === undefined)) {
          server.ws.send({ type: 'full-reload' });
          return [];
        }
        return [...new Set([...modules, ...theirs])];
      },
    },
  };
});

/** What the user says goes first, however it is spelled. */
function isolated(given: Headers = {}): Headers {
  const names = Object.keys(given).map((name) => name.toLowerCase());
  const rest = Object.entries(ISOLATION).filter(([name]) => !names.includes(name.toLowerCase()));
  return { ...Object.fromEntries(rest), ...given };
}

/** For `plugins` of vite.config.ts, of Vite 5 to 8 and of Vitest. */
const arenaBind: (options?: Options) => { name: string } = plugin.vite;
export default arenaBind;
