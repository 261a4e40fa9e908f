import { createUnplugin } from 'unplugin';
import type { Options } from './options.js';
import { arenaPlugin, host } from './plugin.js';

export type { Options } from './options.js';

const plugin = createUnplugin<Options | undefined, false>((options) => {
  const vite = host({ throws: true });
  return {
    ...arenaPlugin(options, vite),
    vite: {
      configResolved({ root }) {
        vite.cwd = root;
      },
    },
  };
});

/** For `plugins` of vite.config.ts, of Vite 5 to 8 and of Vitest. */
const arenaBind: (options?: Options) => { name: string } = plugin.vite;
export default arenaBind;
