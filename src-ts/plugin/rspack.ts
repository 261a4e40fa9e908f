import { createUnplugin } from 'unplugin';
import { emitBundled } from './bundle.js';
import { newHost } from './module.js';
import type { Options } from './options.js';
import { arenaPlugin } from './plugin.js';

export type { Options } from './options.js';

const plugin = createUnplugin<Options | undefined, false>((options) => {
  const host = newHost();
  return {
    ...arenaPlugin(options, host, { throws: false, emit: emitBundled }),
    rspack: ({ context }) => {
      host.cwd = context;
    },
  };
});

/** For `plugins` of rspack.config.js. */
const arenaBind: (options?: Options) => { apply(compiler: any): void } = plugin.rspack;
export default arenaBind;
