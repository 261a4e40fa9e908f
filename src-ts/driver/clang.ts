// Finds a plain clang that can build WebAssembly, with wasm-ld and a WASI sysroot that has libc++.
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { Installation } from './native.js';
import { findIn, run } from './process.js';

const OLDEST = 14;
const NEWEST = 30;
// libc++ supports the two versions of clang before its own.
const LIBCXX_REACH = 2;

interface Sysroot {
  root: string;
  target: string;
  /** The folder of libc.a. */
  libraries: string;
  /** What replaces clang's own search for headers, where that leads to those of this machine. */
  headers: string[];
  /** Major version of its libc++. */
  libcxx: number;
}

/** The first clang that fits one of the sysroots; a text says why none can be used. */
export async function findClang(): Promise<Installation | string> {
  const sdk = process.env.WASI_SDK_PATH;
  const folders = [...(sdk ? [join(sdk, 'bin')] : []), ...(process.env.PATH ?? '').split(delimiter)];
  const numbered = Array.from({ length: NEWEST - OLDEST + 1 }, (_, i) => `clang++-${NEWEST - i}`);
  const programs = ['clang++', ...numbered].map((name) => findIn(folders, name)).filter((path) => path !== undefined);
  if (programs.length === 0) return 'clang++ is not on PATH';
  const places = sysrootPlaces(sdk);
  const sysroots = places.flatMap(sysrootsIn);
  if (sysroots.length === 0) return `no WASI sysroot with libc++ is in ${places.join(', ')} (or set WASI_SYSROOT)`;
  const lacks: string[] = [];
  for (const path of programs) {
    const found = await tryClang(path, sysroots, folders);
    if (typeof found !== 'string') return found;
    lacks.push(found);
  }
  return lacks.join('; ');
}

async function tryClang(path: string, sysroots: Sysroot[], folders: string[]): Promise<Installation | string> {
  const { stdout } = await run(path, ['--version']);
  const version = /clang version (\d+(?:\.\d+)*)/.exec(stdout)?.[1];
  if (!version || /^Apple/m.test(stdout)) return `${path} is no clang that builds WebAssembly`;
  const major = Number.parseInt(version, 10);
  if (major < OLDEST) return `${path} has version ${version}, expected ${OLDEST} or newer`;
  const sysroot = sysroots.find(({ libcxx }) => major >= libcxx - LIBCXX_REACH);
  if (!sysroot) return `${path} has version ${version}, too old for libc++ ${sysroots[0]?.libcxx}`;
  const program = realpathSync(path);
  const linker = findIn([dirname(path), dirname(program), ...folders], `wasm-ld-${major}`, 'wasm-ld');
  if (!linker) return `there is no wasm-ld beside ${path} or on PATH (lld has it)`;
  const { root, target, libraries, headers } = sysroot;
  const resources = (await run(path, ['-print-resource-dir'])).stdout.trim();
  const builtins = [
    `lib/${target.replace('wasm32-', 'wasm32-unknown-')}/libclang_rt.builtins.a`,
    'lib/wasm32-unknown-wasi/libclang_rt.builtins.a',
    'lib/wasi/libclang_rt.builtins-wasm32.a',
  ].map((file) => join(resources, file));
  const archives = [
    ...['libc++.a', 'libc++abi.a', 'libc.a'].map((name) => join(libraries, name)),
    ...builtins.filter((file) => existsSync(file)).slice(0, 1),
  ];
  const command: [string, ...string[]] = [path, `--target=${target}`, `--sysroot=${root}`, ...headers];
  return {
    toolchain: { name: 'clang', version, path },
    files: [program, realpathSync(linker), join(libraries, 'libc.a')],
    commands: { c: command, 'c++': command },
    linker,
    optimizer: undefined,
    libraries: { one: archives, threads: archives },
    builder: undefined,
  };
}

function sysrootPlaces(sdk: string | undefined): string[] {
  return [
    process.env.WASI_SYSROOT,
    sdk && join(sdk, 'share', 'wasi-sysroot'),
    '/opt/wasi-sdk/share/wasi-sysroot',
    '/opt/homebrew/share/wasi-sysroot',
    '/usr/local/share/wasi-sysroot',
    '/usr/share/wasi-sysroot',
    '/usr/wasm32-wasi',
    '/usr',
  ].filter((root) => root !== undefined);
}

function sysrootsIn(root: string): Sysroot[] {
  return ['wasm32-wasip1', 'wasm32-wasi'].flatMap((target) => {
    const folders = ['', 'noeh'].map((variant) => join(root, 'lib', target, variant));
    const libraries = folders.find((folder) => existsSync(join(folder, 'libc++.a')));
    const libcxx = [join(root, 'include', target, 'c++', 'v1'), join(root, 'include', 'c++', 'v1')];
    const config = libcxx.map((folder) => join(folder, '__config')).find((file) => existsSync(file));
    if (!libraries || !config) return [];
    const version = Number(/define _LIBCPP_VERSION (\d+)/.exec(readFileSync(config, 'utf8'))?.[1] ?? 0);
    // 14000 is 14, 190107 is 19.
    // A pthread.h that WASI lacks would be found in /usr/include.
    const places = ['-nostdlibinc', '-cxx-isystem', dirname(config), '-idirafter', join(root, 'include', target)];
    const headers = root === '/usr' ? places : [];
    return [{ root, target, libraries, headers, libcxx: Math.floor(version / (version < 100_000 ? 1000 : 10_000)) }];
  });
}
