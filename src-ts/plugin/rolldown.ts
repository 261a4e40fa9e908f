import { createUnplugin } from 'unplugin';
import { emitAsset, resolveFileUrl, transform } from './asset.js';
import { newHost } from './module.js';
import type { Options } from './options.js';
import { arenaPlugin } from './plugin.js';

export type { Options } from './options.js';

const plugin = createUnplugin<Options | undefined, false>((options) => ({
  ...arenaPlugin(options, newHost(), { throws: true, emit: emitAsset }),
  rolldown: { resolveFileUrl, transform },
}));

/** For `plugins` of rolldown.config.js. */
const arenaBind: (options?: Options) => { name: string } = plugin.rolldown;
export default arenaBind;
