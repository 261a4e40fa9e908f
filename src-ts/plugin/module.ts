// An imported .cpp is built, and loaded as its kernel module: what the plugin does in every bundler.
import { existsSync } from 'node:fs';
import { basename, relative, resolve } from 'node:path';
import { BuildError, type Built, type Diagnostic } from '../driver/api.js';
import { build } from '../driver/build.js';
import { emitModule, inlineBytes } from '../driver/emit.js';
import { writeOwn } from '../driver/output.js';
import { suspectsOf } from '../driver/suspects.js';
import { typesFile, typesText } from '../driver/types-file.js';
import { checkOptions, type Options } from './options.js';

/** What differs between bundlers. Their hooks may change it until a file is loaded. */
export interface Host {
  /** The folder that paths start from. */
  cwd: string;
  /** Modules of fewer bytes are inlined where the options don't say. */
  inlineLimit: number | ((file: string, content: Buffer) => boolean | undefined);
  /** The files that make up a source, as its last build has seen them. */
  readonly dependencies: Map<string, readonly string[]>;
}

/** A host of which nothing more is known. */
export const newHost = (): Host => ({
  cwd: process.cwd(),
  inlineLimit: DEFAULT_LIMIT,
  dependencies: new Map(),
});

/** A file of the output: a JavaScript expression for its URL, and the imports that takes. */
export interface Emitted {
  url: string;
  imports?: string;
}

/** What loading one module takes of the bundler. */
export interface Loading {
  /** Whether a later build may take this one's place in a running page. */
  hot?: boolean;
  watch(file: string): void;
  warn(message: string, diagnostic?: Diagnostic): void;
  /** Tells of a failed build, and may throw. */
  fail(error: BuildError): void;
  /** Makes a wasm a file of the output. */
  emit(name: string, wasm: Uint8Array): Emitted | undefined;
}

export interface KernelModules {
  /** Whether a file is loaded as a kernel module; `id` is its path, with the query of the import. */
  accepts(id: string): boolean;
  /** Its JavaScript. */
  load(id: string, loading: Loading): Promise<string>;
}

/** The files that are kernel modules where the options don't say. */
export const FILES = /\.(cpp|cc|cxx)$/;
const DEFAULT_LIMIT = 4096;
const OURS = ['inline', 'worklet']; // the second one is vite.ts's

// Folders may have a ? or # in their names.
const pathOf = (id: string): string => id.replace(/\?[^/\\]*$/, '');
export const queryOf = (id: string): URLSearchParams => new URLSearchParams(id.slice(pathOf(id).length));

export function kernelModules(options: Options = {}, host: Host): KernelModules {
  checkOptions(options);
  const { sources = {}, inlineLimit, types = true, files = FILES, ...rest } = options;

  function inlines(id: string, wasm: Uint8Array): boolean {
    if (queryOf(id).has('inline')) return true;
    const limit = inlineLimit ?? host.inlineLimit;
    if (typeof limit === 'number') return wasm.length < limit;
    return limit(pathOf(id), Buffer.from(wasm)) ?? wasm.length < DEFAULT_LIMIT;
  }

  async function buildSource(source: string, loading: Loading): Promise<Built | undefined> {
    let files = host.dependencies.get(source) ?? [];
    let more: string[] = [];
    try {
      more = moreSources(source, sources, host.cwd);
      const built = await build({ ...rest, sources: [source, ...more], cwd: host.cwd, hot: loading.hot });
      files = built.dependencies;
      return built;
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      const include = (rest.include ?? []).map((folder) => resolve(host.cwd, folder));
      const suspects = await suspectsOf(error, [source, ...more], include);
      files = [...new Set([...files, ...suspects.filter((file) => existsSync(file))])];
      loading.fail(error);
      return undefined;
    } finally {
      host.dependencies.set(source, files);
      for (const file of files) loading.watch(file);
    }
  }

  return {
    // Others of the queries that bundlers know, such as ?raw, are theirs.
    accepts: (id) => pathOf(id).search(files) >= 0 && [...queryOf(id).keys()].every((key) => OURS.includes(key)),
    async load(id, loading) {
      const source = pathOf(id);
      const built = await buildSource(source, loading);
      // Where the bundler goes on all the same, what it writes must not run.
      if (built === undefined) {
        const message = `${relative(host.cwd, source)} has errors: see what the bundler says`;
        return `throw new Error(${JSON.stringify(message)});\nexport default 0;\n`;
      }
      for (const warning of built.warnings) loading.warn(warning.message, warning);
      if (types) {
        await writeTypes(source, built).catch((error) =>
          loading.warn(`no types for ${source}: ${error.message}; the option types: false leaves them out`),
        );
      }
      const place = (bytes: Uint8Array, ending: string): Emitted =>
        (inlines(id, bytes) ? undefined : loading.emit(nameOf(source) + ending, bytes)) ?? { url: inlineBytes(bytes) };
      const wasm = place(built.wasm, '.wasm');
      const threads = built.threads && place(built.threads, '.threads.wasm');
      return emitModule(built, {
        wasm: wasm.url,
        threads: threads?.url,
        imports: [wasm.imports, threads?.imports].join(''),
        hot: loading.hot,
        source: basename(source),
      });
    },
  };
}

// Without an extension, and what means something else in a URL.
const nameOf = (source: string): string =>
  basename(source)
    .replace(/\.[^.]*$/, '')
    .replaceAll(/[^\p{L}\p{N}._-]/gu, '_');

async function writeTypes(source: string, built: Built): Promise<void> {
  await writeOwn(new Map([[typesFile(source), typesText(built, source)]]), 'move it away');
}

function moreSources(source: string, sources: Required<Options>['sources'], cwd: string): string[] {
  return Object.entries(sources).flatMap(([imported, more]) => {
    const path = resolve(cwd, imported);
    if (!existsSync(path)) {
      throw new BuildError(`the option sources of the plugin names ${imported}: there is no ${path}`);
    }
    return path === resolve(source) ? more.map((file) => resolve(cwd, file)) : [];
  });
}
