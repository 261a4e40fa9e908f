// Builds what the tables load, into build/bench/, unless it is there already.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../', import.meta.url));
const inRoot = (path) => join(root, path);
// Emscripten as Linux distributions ship it may lack a package that its optimizer for JavaScript loads.
const env = { ...process.env, NODE_PATH: inRoot('bench/peers/node_modules') };

async function run(command, ...args) {
  try {
    return await promisify(execFile)(command, args, { cwd: root, env, shell: process.platform === 'win32' });
  } catch (error) {
    throw new Error(`\`${[command, ...args].join(' ')}\` failed:\n${error.message}\n${error.stdout}`);
  }
}

/** Kernels as users of this package build them. */
async function ownKernels() {
  const build = [process.execPath, 'dist/tools/cli.js', 'build'];
  await run(...build, 'bench/peers/kernels.cpp', '-o', 'build/bench/kernels');
  await run(...build, 'bench/peers/threads.cpp', '--threads', '-o', 'build/bench/threads');
}

const FLAGS = ['-std=c++20', '-DNDEBUG', '-msimd128', '-ffp-contract=off', '-fno-exceptions', '-Isrc-cpp/include'];
const EMBIND = ['--bind', '-sMODULARIZE', '-sEXPORT_ES6', '-sENVIRONMENT=web', '-sINITIAL_MEMORY=67108864'];

/** The same kernel as users of Emscripten build it. */
const embind = () =>
  run(
    ...['em++', ...FLAGS, '-O3', ...EMBIND, '-sEXPORTED_RUNTIME_METHODS=ccall,cwrap'],
    '-sEXPORTED_FUNCTIONS=_malloc,_free,_filter_plain,_filter_slice',
    ...['bench/peers/embind.cpp', 'src-cpp/kernels/signal.cpp', 'src-cpp/runtime.cpp', '-o', 'build/bench/embind.mjs'],
  );

/** The smallest module of embind: what it costs before it does anything. */
const hello = () => run('em++', ...FLAGS, '-Os', ...EMBIND, 'bench/peers/hello.cpp', '-o', 'build/bench/hello.mjs');

const assembly = () =>
  run(
    ...[process.execPath, 'bench/peers/node_modules/assemblyscript/bin/asc.js', 'bench/peers/assembly.ts'],
    ...['-O3', '--enable', 'simd', '--bindings', 'esm', '-o', 'build/bench/assembly.wasm'],
  );

/** @thi.ng/malloc in one file, for browsers too. */
async function malloc() {
  const { build } = await import('esbuild');
  await build({
    entryPoints: [inRoot('bench/peers/node_modules/@thi.ng/malloc/index.js')],
    outfile: inRoot('build/bench/malloc.mjs'),
    bundle: true,
    format: 'esm',
    logLevel: 'warning',
  });
}

/** The prebuilt kernels for this machine, and a program that calls them. */
export const NATIVE_KERNELS = [
  'bench/peers/native.cpp',
  ...readdirSync(inRoot('src-cpp/kernels'))
    .filter((name) => name.endsWith('.cpp'))
    .map((name) => `src-cpp/kernels/${name}`),
  'src-cpp/runtime.cpp',
];

/** Compiles for this machine, by the first compiler that there is. */
export async function compileNative(sources, output) {
  mkdirSync(dirname(inRoot(output)), { recursive: true });
  const compilers = [process.env.CXX, 'clang++-19', 'clang++', 'g++', 'c++'].filter(Boolean);
  const sse = process.arch === 'x64' ? ['-msse4.1'] : [];
  for (const [i, compiler] of compilers.entries()) {
    try {
      await run(
        ...[compiler, '-std=c++20', '-O3', '-DNDEBUG', '-ffp-contract=off', ...sse, '-Isrc-cpp/include'],
        ...[...sources, '-o', output],
      );
      return;
    } catch (error) {
      if (i === compilers.length - 1 || !error.message.includes('ENOENT')) throw error;
    }
  }
}

const native = () => compileNative(NATIVE_KERNELS, 'build/bench/native');

/** What a page loads before its first frame: each in one script, as bundlers make them, beside its wasm. */
async function starts() {
  const { build } = await import('esbuild');
  const common = {
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    logLevel: 'error',
    allowOverwrite: true,
  };
  const entryPoints = ['registry', 'embind'].map((name) => inRoot(`bench/start/${name}.mjs`));
  await build({ ...common, entryPoints, outdir: inRoot('build/bench/start/web') });
  await build({ ...common, entryPoints, outdir: inRoot('build/bench/start/node'), platform: 'node' });
  copyFileSync(inRoot('build/arena.wasm'), inRoot('build/bench/start/registry.wasm'));
  copyFileSync(inRoot('build/bench/hello.wasm'), inRoot('build/bench/start/embind.wasm'));
}

const BUILDS = { embind, ownKernels, native, hello, assembly, malloc };

/** What all of it is made from. */
function fingerprint() {
  const hash = createHash('sha256').update(readFileSync(inRoot('build/stamp')));
  const peers = readdirSync(inRoot('bench/peers'), { withFileTypes: true }).filter((entry) => entry.isFile());
  for (const path of ['peers.mjs', ...peers.map(({ name }) => `peers/${name}`).sort()]) {
    hash.update(readFileSync(inRoot(`bench/${path}`)));
  }
  return hash.digest('hex');
}

export async function buildPeers() {
  const stamp = inRoot('build/bench/stamp');
  const now = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return;
  console.log('bench: building the peers');
  mkdirSync(inRoot('build/bench'), { recursive: true });
  const waiting = Object.values(BUILDS);
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await next();
  };
  await Promise.all([lane(), lane()]); // two at a time
  await starts();
  writeFileSync(stamp, now);
}
