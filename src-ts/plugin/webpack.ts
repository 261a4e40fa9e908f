import { createUnplugin } from 'unplugin';
import type { Options } from './options.js';
import { arenaPlugin, host } from './plugin.js';

export type { Options } from './options.js';

const plugin = createUnplugin<Options | undefined, false>((options) => arenaPlugin(options, host({})));

/** For `plugins` of webpack.config.js. */
const arenaBind: (options?: Options) => { apply(compiler: any): void } = plugin.webpack;
export default arenaBind;
