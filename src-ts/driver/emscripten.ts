// Finds Emscripten: its compiler and, since the driver links by itself, its linker, libraries and optimizer.
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Installation } from './native.js';
import { findIn, findProgram, run } from './process.js';

const OLDEST = [3, 1, 6];

/** A text says why it can't be used. */
export async function findEmscripten(): Promise<Installation | string> {
  const { EMSDK, EMSCRIPTEN_ROOT } = process.env;
  const roots = [EMSCRIPTEN_ROOT, EMSDK && join(EMSDK, 'upstream', 'emscripten')].filter((root) => root !== undefined);
  const path = findProgram('em++') ?? findIn(roots, 'em++');
  if (!path) return 'em++ is not on PATH';
  const folders = [dirname(path), dirname(realpathSync(path))];
  const emcc = findIn(folders, 'emcc');
  const config = findIn(folders, 'em-config');
  if (!emcc || !config) return `${path} has no emcc and em-config beside it`;
  const ask = async (key: string) => {
    const { code, stdout } = await run(config, [key]);
    return code === 0 ? stdout.trim() : '';
  };
  const [{ stdout, stderr }, direct, llvm, suffix, binaryen, cache] = await Promise.all([
    run(path, ['--version']),
    run(path, ['--cflags']),
    ask('LLVM_ROOT'),
    ask('LLVM_ADD_VERSION'), // Debian's programs have it in their names
    ask('BINARYEN_ROOT'),
    ask('CACHE'),
  ]);
  const version = /^emcc .*?(\d+\.\d+\.\d+)/m.exec(stdout)?.[1];
  if (!version) return `${path} --version says: ${(stdout + stderr).trim() || 'nothing'}`;
  if (isOld(version)) return `${path} has version ${version}, expected ${OLDEST.join('.')} or newer`;
  if (!llvm || !cache) return `${config} gives no ${llvm ? 'CACHE' : 'LLVM_ROOT'}: see what it says`;
  const linker = findIn([llvm, join(llvm, 'bin')], ...(suffix ? [`wasm-ld-${suffix}`] : []), 'wasm-ld');
  if (!linker) return `there is no wasm-ld in ${llvm}, where Emscripten ${version} has its LLVM`;
  const archives = (variant: string) =>
    [`libc++${variant}-noexcept`, `libc++abi${variant}-noexcept`, `libc${variant}`, `libcompiler_rt${variant}`].map(
      (name) => join(cache, 'sysroot', 'lib', 'wasm32-emscripten', `${name}.a`),
    );
  return {
    toolchain: { name: 'emcc', version, path },
    files: [
      realpathSync(path),
      realpathSync(linker),
      ...folders.map((folder) => join(folder, 'emscripten-version.txt')),
    ],
    commands: directly(direct, llvm, suffix) ?? { c: [emcc], 'c++': [path] },
    linker,
    optimizer: binaryen ? findIn([join(binaryen, 'bin'), binaryen], 'wasm-opt') : undefined,
    libraries: { one: archives(''), threads: archives('-mt') },
    builder: findIn(folders, 'embuilder'), // a fresh installation builds its libraries when they are first needed
  };
}

function isOld(version: string): boolean {
  const numbers = version.split('.').map(Number);
  const differs = OLDEST.findIndex((limit, i) => numbers[i] !== limit);
  return differs >= 0 && (numbers[differs] ?? 0) < (OLDEST[differs] as number);
}

// Emscripten's clang with the arguments that em++ would give it: half of the time of a small source goes into em++ itself.
function directly(
  { code, stdout }: { code: number | undefined; stdout: string },
  llvm: string,
  suffix: string,
): Installation['commands'] | undefined {
  const clang = llvm && findIn([llvm, join(llvm, 'bin')], ...(suffix ? [`clang++-${suffix}`] : []), 'clang++');
  const flags = stdout.trim().split(/\s+/);
  const sysroot = flags.find((flag) => flag.startsWith('--sysroot='))?.slice('--sysroot='.length);
  // A fresh installation makes its headers when em++ first needs them.
  if (code !== 0 || !clang || !sysroot || !existsSync(join(sysroot, 'include'))) return undefined;
  const command: [string, ...string[]] = [clang, ...flags];
  return { c: command, 'c++': command };
}
