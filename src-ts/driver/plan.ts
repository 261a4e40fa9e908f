// Checks what a build is asked for, and works out the arguments that every compiler gets.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, OptionError } from './api.js';
import { defaultFolder, sha256 } from './cache.js';
import { errorAt, failure } from './diagnostics.js';

/** The package's own C++. */
export const CPP = fileURLToPath(new URL('../../src-cpp/', import.meta.url));
/** Its headers. */
export const HEADERS = join(CPP, 'include');

interface Flags {
  sources: string[];
  compile: string[];
  cxx: string[];
  standard: string[];
  simd: string[];
  optimize: Record<'speed' | 'size' | 'debug', string[]>;
  checks: string[];
  threads: { sources: string[]; compile: string[] };
  answered: string[];
  'wasm-ld': { link: string[]; threads: string[] };
}

export interface Plan {
  cwd: string;
  /** What is compiled, absolute: the user's, then ours. */
  sources: readonly Source[];
  /** What is only linked: the user's .o and .a files, absolute. */
  binaries: readonly string[];
  optimize: 'speed' | 'size' | 'debug';
  threads: boolean;
  /** Folders of the user's -I, absolute. */
  include: readonly string[];
  /** For the linker. */
  link: readonly string[];
  /** Folder of the cache; undefined for none. */
  cache: string | undefined;
  capacity: number | undefined;
}

export interface Source {
  path: string;
  language: 'c' | 'c++';
  /** Of this package, not of the user. */
  own: boolean;
  /** Where the compiler runs: ours are the same objects wherever the user's are built. */
  cwd: string;
  args: readonly string[];
  /** Those of `args` that kernel.hpp depends on; undefined when nobody knows. */
  header: readonly string[] | undefined;
}

const LANGUAGES: Record<string, Source['language']> = {
  '.cpp': 'c++',
  '.cc': 'c++',
  '.cxx': 'c++',
  '.c++': 'c++',
  '.C': 'c++',
  '.c': 'c',
};
const BINARIES = ['.o', '.a'];
const EXPECTED = '.cpp, .cc or .cxx (C++), .c (C), .o (objects) or .a (archives)';

let remembered: { flags: Flags; hash: string } | undefined;

/** Of all our C++ and its flags: part of the key of everything built. */
export function ownHash(): string {
  return own().hash;
}

function own(): { flags: Flags; hash: string } {
  const files = readdirSync(CPP, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  // They change only under the hands of who works on this package, which some watching process may outlive.
  const hash = sha256(...files.flatMap((file) => [file, readFileSync(file)]));
  if (remembered?.hash !== hash) {
    remembered = { flags: JSON.parse(readFileSync(join(CPP, 'flags.json'), 'utf8')), hash };
  }
  return remembered;
}

export function planOf(options: BuildOptions): Plan {
  const cwd = resolve(options.cwd ?? '.');
  if (!existsSync(cwd)) throw new OptionError(`the folder to build in is not there: ${cwd}; check cwd`);
  const { debug = false, size = false, threads = false, simd = true, capacity } = options;
  if (debug && size) throw new OptionError('debug and size are both on: a debug build is not optimized; choose one');
  if (!Array.isArray(options.sources)) throw new OptionError('sources is missing: expected a list of C++ files');
  if (
    capacity !== undefined &&
    !(Number.isInteger(capacity) && capacity > 0 && capacity % 8 === 0 && capacity < 2 ** 32)
  ) {
    throw new OptionError(`capacity is ${capacity}: expected a number of bytes, a positive multiple of 8 below 2^32`);
  }
  const paths = checkSources(options.sources, cwd);
  const include = (options.include ?? []).map((folder) => resolve(cwd, folder));
  checkInclude(include, cwd);
  const optimize = debug ? 'debug' : size ? 'size' : 'speed';
  const { flags } = own();
  const defines = (options.define ?? []).map((define) => {
    if (!/^[A-Za-z_]\w*(\([\w, .]*\))?(=|$)/.test(define)) {
      throw new OptionError(`the macro ${JSON.stringify(define)} has no name: expected NAME or NAME=value`);
    }
    return `-D${define}`;
  });
  const always = [
    ...flags.compile,
    ...(simd ? flags.simd : []),
    ...(threads ? flags.threads.compile : []),
    ...(options.hot ? ['-DARENA_HOT'] : []),
    '-fno-color-diagnostics',
    '-fno-caret-diagnostics',
    '-ftemplate-backtrace-limit=0',
  ];
  const languages = { c: [], 'c++': [...flags.standard, ...flags.cxx] };
  const users = (path: string): Source => {
    const language = languageOf(path) as Source['language'];
    const header = [
      ...languages[language],
      ...always,
      ...flags.optimize[optimize],
      ...(debug ? flags.checks : []),
      '-isystem',
      HEADERS,
      ...defines,
    ];
    const args = [
      ...header,
      `-fmacro-prefix-map=${join(cwd, sep)}=`,
      ...include.map((folder) => `-I${folder}`),
      ...(options.flags ?? []),
    ];
    return {
      path,
      language,
      own: false,
      cwd,
      args,
      header: language === 'c' || options.flags?.length ? undefined : header,
    };
  };
  const ours = (path: string): Source => {
    const header = [
      ...languages['c++'],
      ...always,
      // Optimized always: what comes after an overflow of the stack may not use the stack.
      ...flags.optimize[debug ? 'speed' : optimize],
    ];
    const map = `-fmacro-prefix-map=${CPP}=`;
    const source = { path, language: 'c++', own: true, cwd: CPP } as const;
    // Of the package alone, all warnings count.
    if (paths.length === 0) return { ...source, args: [...header, map, `-I${HEADERS}`], header: undefined };
    header.push('-isystem', HEADERS);
    return { ...source, args: [...header, map, '-w'], header };
  };
  const prebuilt = readdirSync(join(CPP, 'kernels')).filter((name) => languageOf(name));
  return {
    cwd,
    sources: [
      ...paths.filter(languageOf).map(users),
      ...[...flags.sources, ...(threads ? flags.threads.sources : [])].map((name) => ours(join(CPP, name))),
      ...(options.prebuilt ? prebuilt.sort().map((name) => ours(join(CPP, 'kernels', name))) : []),
    ],
    binaries: paths.filter((path) => !languageOf(path)),
    optimize,
    threads,
    include,
    link: [
      ...flags['wasm-ld'].link,
      ...(threads ? flags['wasm-ld'].threads : []),
      ...flags.answered.map((name) => `--wrap=${name}`),
      ...(debug ? [] : ['--strip-debug']),
      '--error-limit=0',
    ],
    cache: options.cache === false ? undefined : resolve(cwd, options.cache ?? defaultFolder(cwd)),
    capacity,
  };
}

const languageOf = (path: string): Source['language'] | undefined => LANGUAGES[extname(path)];

function checkSources(sources: readonly string[], cwd: string): string[] {
  const paths = [...new Set(sources.map((source) => resolve(cwd, source)))];
  const errors = paths.flatMap((path) => {
    const extension = extname(path);
    if (!languageOf(path) && !BINARIES.includes(extension)) {
      const came = extension ? `a source that ends in ${extension}` : 'a source without an extension';
      return [errorAt(path, `${came}: expected ${EXPECTED}`)];
    }
    if (!existsSync(path)) return [errorAt(path, 'there is no such file: check the path', `it starts from ${cwd}`)];
    if (!statSync(path).isFile()) return [errorAt(path, `this is a folder: expected a file, ${EXPECTED}`)];
    return [];
  });
  if (errors.length > 0) throw failure(errors, cwd);
  return paths;
}

// A folder that has the headers of this machine's own C library, which would come before those for WebAssembly.
function checkInclude(include: readonly string[], cwd: string): void {
  const errors = include.flatMap((folder) => {
    if (!existsSync(folder)) return [errorAt(folder, 'there is no such folder for -I: check the path')];
    const native = existsSync(join(folder, 'stdlib.h')) && existsSync(join(folder, 'unistd.h'));
    if (!native) return [];
    const hint =
      'name the folder of the library alone, such as /usr/include/eigen3, or copy its headers into the project';
    return [errorAt(folder, "-I names the C library of this machine, which doesn't fit WebAssembly", hint)];
  });
  if (errors.length > 0) throw failure(errors, cwd);
}
