import { createUnplugin } from 'unplugin';
import { emitAsset, resolveFileUrl } from './asset.js';
import { newHost } from './module.js';
import type { Options } from './options.js';
import { arenaPlugin } from './plugin.js';

export type { Options } from './options.js';

const plugin = createUnplugin<Options | undefined, false>((options) => ({
  ...arenaPlugin(options, newHost(), { throws: true, emit: emitAsset }),
  rollup: { resolveFileUrl },
}));

/** For `plugins` of rollup.config.js. */
const arenaBind: (options?: Options) => { name: string } = plugin.rollup;
export default arenaBind;
