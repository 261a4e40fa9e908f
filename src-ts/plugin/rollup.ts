import { createUnplugin } from 'unplugin';
import type { Options } from './options.js';
import { arenaPlugin, host } from './plugin.js';

export type { Options } from './options.js';

const plugin = createUnplugin<Options | undefined, false>((options) => arenaPlugin(options, host({ throws: true })));

/** For `plugins` of rollup.config.js. */
const arenaBind: (options?: Options) => { name: string } = plugin.rollup;
export default arenaBind;
