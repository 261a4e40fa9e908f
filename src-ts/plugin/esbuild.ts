import { createUnplugin } from 'unplugin';
import type { Options } from './options.js';
import { arenaPlugin, host } from './plugin.js';

export type { Options } from './options.js';

const plugin = createUnplugin<Options | undefined, false>((options) => arenaPlugin(options, host({})));

/** For `plugins` of esbuild's build and context. */
const arenaBind: (options?: Options) => { name: string; setup(build: any): void | Promise<void> } = plugin.esbuild;
export default arenaBind;
