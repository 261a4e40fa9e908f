// Which compiler builds: Emscripten, clang with wasm-ld and a WASI sysroot, or the npm package @yowasp/clang.
import { statSync } from 'node:fs';
import { installAdvice } from './advice.js';
import { BuildError, OptionError, type ToolchainName } from './api.js';
import { Cache, defaultFolder, sha256 } from './cache.js';
import { findClang } from './clang.js';
import type { Compiler } from './compiler.js';
import { findEmscripten } from './emscripten.js';
import { type Installation, NativeCompiler } from './native.js';
import { findYowasp, YowaspCompiler } from './yowasp.js';

export const TOOLCHAINS: readonly ToolchainName[] = ['emcc', 'clang', 'yowasp'];

/** What a search depends on, besides the files that it finds. */
const VARIABLES = ['PATH', 'EMSDK', 'EMSCRIPTEN_ROOT', 'EM_CONFIG', 'EM_CACHE', 'WASI_SDK_PATH', 'WASI_SYSROOT'];

/** The compiler to use; a BuildError says what to install when there is none. */
export async function chooseToolchain(wanted: ToolchainName | undefined, cwd: string, cache: Cache): Promise<Compiler> {
  if (wanted !== undefined && !TOOLCHAINS.includes(wanted)) {
    const names = TOOLCHAINS.join(', ');
    throw new OptionError(`there is no toolchain ${wanted}: expected ${names}, or none to take the first that is here`);
  }
  const lacks: string[] = [];
  for (const name of wanted ? [wanted] : TOOLCHAINS) {
    const found = await find(name, cwd, cache);
    if (typeof found !== 'string') return found;
    lacks.push(`  ${name}: ${found}`);
  }
  const what = wanted ? `the toolchain ${wanted} can't be used` : 'no C++ compiler for WebAssembly was found';
  throw new BuildError(`${what}:\n${lacks.join('\n')}\n${installAdvice(wanted)}`);
}

/** Looks for one toolchain; a text says why it can't be used. */
export function findToolchain(name: ToolchainName, cwd: string): Promise<Compiler | string> {
  return find(name, cwd, new Cache(defaultFolder(cwd)));
}

async function find(name: ToolchainName, cwd: string, cache: Cache): Promise<Compiler | string> {
  if (name === 'yowasp') {
    const path = findYowasp(cwd);
    return path ? new YowaspCompiler(path) : 'the npm package @yowasp/clang is not installed';
  }
  const found = await install(name, cache);
  return typeof found === 'string' ? found : new NativeCompiler(found);
}

type Facts = { installation: Installation; files: [path: string, state: string][] };

const remembered = new Map<string, Facts>();

// Asking programs what they are takes longer than a build from the cache, so the answer is kept while the programs and
// the variables that they were found by are the same. That something is missing is not kept: it may get installed.
async function install(name: 'emcc' | 'clang', cache: Cache): Promise<Installation | string> {
  const key = sha256('toolchain 2', name, JSON.stringify(VARIABLES.map((variable) => process.env[variable])));
  const kept = remembered.get(key) ?? (await cache.get<Facts>(key))?.facts;
  if (kept?.files.every(([path, state]) => stateOf(path) === state)) {
    remembered.set(key, kept);
    return kept.installation;
  }
  const found = await (name === 'emcc' ? findEmscripten() : findClang()).catch(
    ({ message }: Error) => `a program of it can't be started: ${message}`,
  );
  if (typeof found === 'string') return found;
  const facts: Facts = { installation: found, files: found.files.map((path) => [path, stateOf(path)]) };
  remembered.set(key, facts);
  await cache.put(key, { facts, bytes: new Uint8Array() });
  return found;
}

function stateOf(path: string): string {
  try {
    const { size, mtimeMs } = statSync(path);
    return `${size} ${mtimeMs}`;
  } catch {
    return 'none';
  }
}
