// Which compiler is taken, and what is said when there is none.
import { chmodSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { installAdvice } from '../../src-ts/driver/advice.js';
import { Cache } from '../../src-ts/driver/cache.js';
import { BuildError, build, findToolchain, type ToolchainName } from '../../src-ts/driver/index.js';
import { findProgram } from '../../src-ts/driver/process.js';
import { chooseToolchain } from '../../src-ts/driver/toolchains.js';
import { folder, kernelOf } from './helpers.js';

const path = process.env.PATH as string;
let away: string; // a folder from which no @yowasp/clang is seen
beforeEach(() => {
  away = realpathSync(mkdtempSync(join(tmpdir(), 'arena bind ü ')));
  for (const name of ['EMSDK', 'EMSCRIPTEN_ROOT', 'WASI_SDK_PATH']) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  rmSync(away, { recursive: true });
});

/** From now on PATH has these programs of this machine, and no others. */
function onlyPrograms(...names: string[]): void {
  for (const name of names) symlinkSync(findProgram(name) as string, join(away, name));
  vi.stubEnv('PATH', away);
}

function program(name: string, text: string): void {
  writeFileSync(join(away, name), `#!/bin/sh\n${text}\n`);
  chmodSync(join(away, name), 0o755);
}

const choose = (wanted?: ToolchainName, cwd = away) => chooseToolchain(wanted, cwd, new Cache(undefined));
const chosen = async (wanted?: ToolchainName, cwd?: string) => (await choose(wanted, cwd)).toolchain.name;
async function refusal(wanted?: ToolchainName): Promise<string> {
  const error = await choose(wanted).then(
    () => expect.fail('there is one'),
    (cause) => cause,
  );
  expect(error).toBeInstanceOf(BuildError);
  return error.message;
}

test('emcc comes before clang, clang before yowasp', async () => {
  const near = folder();
  expect(await chosen(undefined, near)).toBe('emcc');
  onlyPrograms('clang++-19', 'wasm-ld-19');
  expect(await chosen(undefined, near)).toBe('clang');
  vi.stubEnv('PATH', join(away, 'nothing'));
  expect(await chosen(undefined, near)).toBe('yowasp');
});

test('the one that is asked for is taken, and no other in its place', async () => {
  expect(await chosen('clang')).toBe('clang');
  expect(await chosen('yowasp', folder())).toBe('yowasp');
  onlyPrograms('clang++-19', 'wasm-ld-19');
  expect(await refusal('emcc')).toMatch(/^the toolchain emcc can't be used:\n {2}emcc: em\+\+ is not on PATH\ninstall/);
  expect(await refusal('gcc' as ToolchainName)).toBe(
    'there is no toolchain gcc: expected emcc, clang, yowasp, or none to take the first that is here',
  );
});

test('its version and its path are told', async () => {
  const { toolchain } = await choose('clang');
  expect(toolchain).toEqual({
    name: 'clang',
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    path: expect.any(String),
  });
  expect(toolchain.path.startsWith('/')).toBe(true);
});

test('without any, what each lacks and what to install is told, and nothing is written', async () => {
  program('apt-get', 'exit 0');
  vi.stubEnv('PATH', away);
  expect(await refusal()).toBe(`no C++ compiler for WebAssembly was found:
  emcc: em++ is not on PATH
  clang: clang++ is not on PATH
  yowasp: the npm package @yowasp/clang is not installed
install one by:
  sudo apt-get install emscripten
  https://emscripten.org/docs/getting_started/downloads.html (any system)
  npm install -D @yowasp/clang (any system, 105 MB, slower)`);
  const cwd = folder({ 'a.cpp': kernelOf('a', 'return n;') });
  vi.stubEnv('PATH', join(away, 'nothing'));
  await expect(build({ cwd, sources: ['a.cpp'], toolchain: 'clang', cache: false })).rejects.toThrow(
    /^the toolchain clang can't be used:/,
  );
});

test('what each system is told', () => {
  const on = (platform: string, ...programs: string[]) => {
    vi.stubGlobal('process', { ...process, platform, env: { PATH: away } });
    for (const name of programs) program(name, 'exit 0');
    const lines = [installAdvice(), installAdvice('clang')].map((text) => text.split('\n')[1]?.trim());
    for (const name of programs) rmSync(join(away, name));
    return lines;
  };
  expect(on('darwin')).toEqual(['brew install emscripten', 'brew install llvm lld wasi-libc wasi-runtimes']);
  expect(on('win32')[0]).toBe('winget install emscripten.emsdk');
  expect(on('linux', 'apt-get')[0]).toBe('sudo apt-get install emscripten');
  expect(on('linux', 'dnf')[0]).toBe('sudo dnf install emscripten');
  expect(on('linux', 'pacman')[0]).toBe('sudo pacman -S emscripten');
  expect(on('linux')[0]).toMatch(/^https:\/\/emscripten\.org/);
});

test('a compiler that is too old, has no linker, or has no library says so', async () => {
  program('clang++', 'echo clang version 13.0.1');
  vi.stubEnv('PATH', away);
  expect(await findToolchain('clang', away)).toBe(`${away}/clang++ has version 13.0.1, expected 14 or newer`);
  program('clang++', 'echo clang version 99.0.0');
  expect(await findToolchain('clang', away)).toBe(`there is no wasm-ld beside ${away}/clang++ or on PATH (lld has it)`);
  program('clang++', 'echo Apple clang version 99.0.0');
  expect(await findToolchain('clang', away)).toBe(`${away}/clang++ is no clang that builds WebAssembly`);
  program('em++', 'echo "emcc (Emscripten gcc/clang-like replacement) 2.0.34 ()"');
  for (const name of ['emcc', 'em-config']) program(name, 'exit 1');
  expect(await findToolchain('emcc', away)).toBe(`${away}/em++ has version 2.0.34, expected 3.1.6 or newer`);
  program('em++', 'echo broken >&2; exit 1');
  expect(await findToolchain('emcc', away)).toBe(`${away}/em++ --version says: broken`);
});

test('Emscripten that does not say where its LLVM and its libraries are cannot be used', async () => {
  program('em++', 'echo "emcc (Emscripten gcc/clang-like replacement) 3.1.6 ()"');
  program('emcc', 'exit 1');
  program('em-config', 'exit 1');
  vi.stubEnv('PATH', away);
  expect(await findToolchain('emcc', away)).toBe(`${away}/em-config gives no LLVM_ROOT: see what it says`);
  program('em-config', '[ "$1" != CACHE ] && echo /nowhere');
  expect(await findToolchain('emcc', away)).toBe(`${away}/em-config gives no CACHE: see what it says`);
});

test('where a program cannot be started, the next toolchain is taken', async () => {
  for (const name of ['em++', 'emcc', 'em-config']) {
    writeFileSync(join(away, name), '#!/nowhere/python\n');
    chmodSync(join(away, name), 0o755);
  }
  vi.stubEnv('PATH', away);
  expect(await refusal('emcc')).toContain("emcc: a program of it can't be started: spawn ");
  expect(await chosen(undefined, folder())).toBe('yowasp');
});

test('a compiler that crashes is told as such, with what it said', async () => {
  const [real, config] = [findProgram('em++'), findProgram('em-config')];
  program('em++', `[ "$1" = --version ] && exec '${real}' --version\necho I give up >&2\nkill -s SEGV $$`);
  program('emcc', 'exit 1');
  program('em-config', `exec '${config}' "$@"`);
  vi.stubEnv('PATH', `${away}:${path}`);
  const cwd = folder({ 'a.cpp': kernelOf('a', 'return n;') });
  await expect(build({ cwd, sources: ['a.cpp'], toolchain: 'emcc', cache: false })).rejects.toThrow(
    /^a\.cpp: error: the compiler failed and said: I give up$/,
  );
});
