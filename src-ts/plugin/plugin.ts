// The plugin of all bundlers that unplugin speaks for.
import type { UnpluginBuildContext, UnpluginContext, UnpluginOptions } from 'unplugin';
import { FILES, type Host, kernelModules, type Loading } from './module.js';
import type { Options } from './options.js';
import { errorsOf, messageOf, messageOfAll } from './report.js';

export type Context = UnpluginBuildContext & UnpluginContext;

/** What is different in a bundler. */
export interface Bundler {
  /** Whether `Context.error` throws, so that one message has to say everything. */
  throws: boolean;
  /** See `Loading`. */
  hot?(id: string): boolean;
  /** See `Loading`; `rest` is what the bundler tells the load hook besides the id. */
  emit(context: Context, name: string, wasm: Uint8Array, rest: readonly unknown[]): ReturnType<Loading['emit']>;
}

export function arenaPlugin(options: Options | undefined, host: Host, { throws, hot, emit }: Bundler): UnpluginOptions {
  const modules = kernelModules(options, host);
  return {
    name: 'arena-bind',
    enforce: 'pre',
    loadInclude: modules.accepts,
    load: {
      // Rolldown asks before it calls into JavaScript.
      filter: { id: options?.files ? /./ : new RegExp(FILES.source.replace('$', '(\\?|$)')) },
      async handler(this: Context, id: string, ...rest: unknown[]) {
        const code = await modules.load(id, {
          hot: hot?.(id) ?? false,
          watch: (file) => this.addWatchFile(file),
          warn: (message, diagnostic) => this.warn(diagnostic ? messageOf(diagnostic, host.cwd) : message),
          fail: (error) => {
            const errors = errorsOf(error);
            if (throws || errors.length === 0) return this.error({ id, ...messageOfAll(error, host.cwd) });
            // These show the message alone.
            for (const each of errors) {
              const { message, frame } = messageOf(each, host.cwd);
              this.error({ message: frame ? `${message}\n${frame}` : message, stack: '' });
            }
          },
          emit: (name, wasm) => emit(this, name, wasm, rest),
        });
        return { code, map: null };
      },
    },
  };
}
