// What to type to get a compiler, on the system that this is.
import type { ToolchainName } from './api.js';
import { findProgram } from './process.js';

/** What to type on this system to get a compiler. */
export function installAdvice(wanted?: ToolchainName): string {
  const ways: string[] = [];
  if (wanted !== 'yowasp') {
    const system = systemCommand(wanted === 'clang');
    if (system) ways.push(system);
  }
  if (wanted === 'emcc' || wanted === undefined) {
    ways.push('https://emscripten.org/docs/getting_started/downloads.html (any system)');
  }
  if (wanted === 'clang') ways.push('the WASI SDK, with WASI_SDK_PATH set to its folder (any system)');
  if (wanted !== 'emcc' && wanted !== 'clang') ways.push('npm install -D @yowasp/clang (any system, 105 MB, slower)');
  return ['install one by:', ...ways.map((way) => `  ${way}`)].join('\n');
}

function systemCommand(clang: boolean): string | undefined {
  if (process.platform === 'darwin') return `brew install ${clang ? 'llvm lld wasi-libc wasi-runtimes' : 'emscripten'}`;
  if (process.platform === 'win32') return clang ? undefined : 'winget install emscripten.emsdk';
  if (findProgram('apt-get')) {
    return `sudo apt-get install ${clang ? 'clang lld libc++-dev-wasm32 libclang-rt-dev-wasm32 wasi-libc' : 'emscripten'}`;
  }
  if (findProgram('dnf')) return clang ? undefined : 'sudo dnf install emscripten';
  if (findProgram('pacman')) {
    return `sudo pacman -S ${clang ? 'clang lld wasi-libc wasi-libc++ wasi-compiler-rt' : 'emscripten'}`;
  }
  return undefined;
}
