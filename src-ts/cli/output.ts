// Where a module's files go, and what is in them.
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, parse, relative, resolve, sep } from 'node:path';
import { BuildError, type Built, emitModule, emitTypes, inlineBytes } from '../driver/index.js';
import { UsageError } from './arguments.js';

/** The names of a module's files, absolute. */
export interface Output {
  wasm: string;
  threads: string;
  js: string;
  types: string;
}

const MODULES: Record<string, [js: string, types: string]> = { '.js': ['.js', '.d.ts'], '.mjs': ['.mjs', '.d.mts'] };
const REFUSED = /\.(cpp|cc|cxx|c|h|hpp|o|a|ts|mts|cts|cjs|json)$/;

/** `wanted` is what -o says: a path to the module with or without an extension, or a folder. */
export async function outputOf(wanted: string | undefined, source: string): Promise<Output> {
  const stem = parse(source).name;
  if (wanted === undefined) return named(join(dirname(resolve(source)), stem), '.js');
  const path = resolve(wanted);
  const folder = /[/\\]$/.test(wanted) || (await stat(path).catch(() => undefined))?.isDirectory();
  if (folder) return named(join(path, stem), '.js');
  const extension = extname(path);
  if (/\.d\.m?ts$/.test(path)) return named(path.replace(/\.d\.m?ts$/, ''), path.endsWith('.mts') ? '.mjs' : '.js');
  if (REFUSED.test(path)) {
    throw new UsageError(`-o is ${wanted}: expected the module's path without an extension, or one of .js .mjs .wasm`);
  }
  if (extension === '.wasm' || extension in MODULES) {
    return named(path.slice(0, -extension.length), extension === '.mjs' ? '.mjs' : '.js');
  }
  return named(path, '.js');
}

function named(path: string, extension: string): Output {
  const [js, types] = MODULES[extension] as [string, string];
  return { wasm: `${path}.wasm`, threads: `${path}.threads.wasm`, js: path + js, types: path + types };
}

/** The files of a module by their paths, the wasm among them unless it is inlined. */
export function filesOf(
  built: Pick<Built, 'wasm' | 'threads' | 'description' | 'docs' | 'capacity'>,
  { wasm, threads, js, types }: Output,
  sources: readonly string[],
  inline: boolean,
): Map<string, string | Uint8Array> {
  const source = sources.map((path) => basename(path)).join(', ');
  const files: [string, Uint8Array][] = [[wasm, built.wasm]];
  if (built.threads) files.push([threads, built.threads]);
  const place = ([path, bytes]: [string, Uint8Array]) =>
    inline ? inlineBytes(bytes) : `new URL('./${urlOf(basename(path))}', import.meta.url)`;
  const [one, shared] = files.map(place) as [string, string?];
  return new Map<string, string | Uint8Array>([
    ...(inline ? [] : files),
    [js, emitModule(built, { wasm: one, threads: shared, source })],
    [types, emitTypes(built, source)],
  ]);
}

// Only what means something else in a URL or ends the string: bundlers look the rest up as it stands.
const urlOf = (name: string) =>
  name.replaceAll(/[%#?\\'\p{Cc}]/gu, (letter) => `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`);

/** What keeps Node and webpack from reading the JavaScript, which is an ES module; undefined when nothing does. */
export async function typeNote({ js }: Output): Promise<string | undefined> {
  if (!js.endsWith('.js')) return undefined;
  for (let folder = dirname(js); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    const text = await readFile(manifest, 'utf8').catch(() => undefined);
    if (text !== undefined) {
      if (!/"type"\s*:\s*"commonjs"/.test(text)) return undefined;
      const instead = shown(js.replace(/\.js$/, '.mjs'));
      return `${shown(js)} is an ES module, and ${shown(manifest)} has "type": "commonjs": make that "module", or use -o ${instead}`;
    }
    if (folder === dirname(folder)) return undefined;
  }
}

/** The bytes of a file that a command is given. */
export function readInput(path: string): Promise<Buffer> {
  return readFile(path).catch(({ code, message }: NodeJS.ErrnoException) => {
    const reasons: Record<string, string> = { ENOENT: 'there is no such file', EISDIR: 'it is a folder' };
    throw new BuildError(`${shown(path)} cannot be read: ${reasons[code ?? ''] ?? message}`);
  });
}

/** A path as messages show it: from the current folder where it lies in there. */
export function shown(file: string): string {
  const near = relative('.', file);
  return near === '' || near === '..' || near.startsWith(`..${sep}`) ? file : near;
}

/** One line per file: its name and its bytes. */
export function listing(files: ReadonlyMap<string, string | Uint8Array>): string {
  const rows = [...files].map(([path, content]) => [shown(path), Buffer.byteLength(content).toLocaleString('en')]);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(([name = '', bytes = '']) => `${name.padEnd(widths[0] ?? 0)}  ${bytes.padStart(widths[1] ?? 0)} bytes`)
    .join('\n');
}
