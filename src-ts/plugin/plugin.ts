// What the plugin does in every bundler: an imported .cpp is built, and loaded as its kernel module.
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { UnpluginBuildContext, UnpluginContext, UnpluginOptions } from 'unplugin';
import { BuildError, type Built } from '../driver/api.js';
import { build } from '../driver/build.js';
import { emitModule, inlineBytes } from '../driver/emit.js';
import { writeWhole } from '../driver/output.js';
import { typesFile, typesText } from '../driver/types-file.js';
import { checkOptions, type Options } from './options.js';
import { messageOf, report } from './report.js';

export type Context = UnpluginBuildContext & UnpluginContext;

/** What differs between bundlers. Their hooks may change it until a file is loaded. */
export interface Host {
  /** The folder that paths start from. */
  cwd: string;
  /** Modules of fewer bytes are inlined where the options don't say. */
  inlineLimit: number;
  /** For a dev server that puts a new build in the place of an old one. */
  hot: boolean;
  /** Whether `Context.error` throws, so that it has to say everything at once. */
  throws: boolean;
  /**
   * Makes the wasm a file of the output and gives a JavaScript expression for its URL; undefined where it has to be
   * inlined. `load` has what the bundler passes to the hook besides the id.
   */
  emit(context: Context, name: string, built: Built, load: readonly unknown[]): string | undefined;
}

/** A host for bundlers that say nothing themselves. */
export const host = (differences: Partial<Host>): Host => ({
  cwd: process.cwd(),
  inlineLimit: 4096,
  hot: false,
  throws: false,
  emit: () => undefined,
  ...differences,
});

const FILES = /\.(cpp|cc|cxx)$/;
const pathOf = (id: string): string => id.replace(/[?#].*$/s, '');
const queryOf = (id: string): URLSearchParams => new URLSearchParams(id.slice(pathOf(id).length));

export function arenaPlugin(options: Options = {}, host: Host): UnpluginOptions {
  checkOptions(options);
  const { sources = {}, inlineLimit, types = true, files = FILES, ...rest } = options;
  // A header that broke the build has to be watched as before.
  const dependencies = new Map<string, readonly string[]>();
  // Others of the queries that bundlers know, such as ?raw, are theirs.
  const ours = (id: string) => files.test(pathOf(id)) && [...queryOf(id).keys()].every((key) => key === 'inline');

  return {
    name: 'arena-bind',
    enforce: 'pre',
    loadInclude: ours,
    async load(this: Context, id: string, ...load: unknown[]) {
      const source = pathOf(id);
      for (const file of dependencies.get(source) ?? []) this.addWatchFile(file);
      let built: Built;
      try {
        const more = moreSources(source, sources, host.cwd);
        built = await build({ ...rest, sources: [source, ...more], cwd: host.cwd, hot: host.hot });
      } catch (error) {
        if (!(error instanceof BuildError)) throw error;
        for (const { file } of error.diagnostics) if (file !== undefined && existsSync(file)) this.addWatchFile(file);
        return report(this, error, source, host);
      }
      dependencies.set(source, built.dependencies);
      for (const file of built.dependencies) this.addWatchFile(file);
      for (const warning of built.warnings) this.warn(messageOf(warning, host.cwd));
      if (types) {
        await writeWhole(new Map([[typesFile(source), typesText(built, source)]])).catch((error) =>
          this.warn(`no types: ${error.message}; { types: false } leaves them out`),
        );
      }
      const inline = queryOf(id).has('inline') || built.wasm.length < (inlineLimit ?? host.inlineLimit);
      const name = basename(source).replace(FILES, '');
      const url = inline ? undefined : host.emit(this, `${name}.wasm`, built, load);
      return {
        code: emitModule(built, { wasm: url ?? inlineBytes(built.wasm), hot: host.hot, source: basename(source) }),
        map: null,
      };
    },
  };
}

function moreSources(source: string, sources: Required<Options>['sources'], cwd: string): string[] {
  return Object.entries(sources).flatMap(([imported, more]) => {
    const path = resolve(cwd, imported);
    if (!existsSync(path)) throw new BuildError(`the plugin's option sources names ${imported}: there is no ${path}`);
    return path === resolve(source) ? more.map((file) => resolve(cwd, file)) : [];
  });
}
