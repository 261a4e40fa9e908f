// What goes wrong while CMake configures, and what is said about it.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { lists, project, run } from './project.js';

const folder = inject('folder');
const KERNEL = '#include <arena_bind/kernel.hpp>\nint one() { return 1; }\nARENA_KERNEL(one)\n';

/** What CMake says about a CMakeLists.txt that it refuses. */
async function refusal(text: string, wasm = false, ...options: string[]): Promise<string> {
  const made = project(folder, { 'CMakeLists.txt': text, 'one.cpp': KERNEL, 'one.c': '' });
  const [command, ...args] = wasm ? ['emcmake', 'cmake'] : ['cmake'];
  const { code, output } = await run(made, command as string, [...args, '-B', 'build', ...options]);
  expect(code, output).toBe(1);
  return output;
}

const CALL = 'arena-bind: arena_bind_add_module(one):';
const USAGE = 'arena_bind_add_module(<name> SOURCES <file>... [THREADS] [NO_SIMD] [PREBUILT] [CAPACITY <bytes>])';

describe('arena_bind_add_module refuses', () => {
  it.each([
    ['a call without SOURCES', 'arena_bind_add_module(one THREADS)', 'there are no SOURCES. Expected SOURCES and'],
    ['SOURCES without a file', 'arena_bind_add_module(one SOURCES)', `at least one C++ file: ${USAGE}`],
    [
      'an unknown argument',
      'arena_bind_add_module(one THREAD 4 SOURCES one.cpp)',
      `unknown argument: THREAD 4. Expected: ${USAGE}`,
    ],
    [
      'a capacity that is none',
      'arena_bind_add_module(one SOURCES one.cpp CAPACITY lots)',
      'CAPACITY is "lots". Expected the bytes of the arena, a number such as 67108864 or 64MiB',
    ],
    ['a capacity of 0', 'arena_bind_add_module(one SOURCES one.cpp CAPACITY 0)', 'CAPACITY is "0".'],
    ['CAPACITY without a value', 'arena_bind_add_module(one SOURCES one.cpp CAPACITY)', 'CAPACITY is "".'],
    [
      'a name that is taken',
      'arena_bind_add_module(one SOURCES one.cpp)\narena_bind_add_module(one SOURCES one.cpp)',
      'there is a target one already. Expected a name of its own for each module: rename one of the two',
    ],
  ])('%s', async (_, text, message) => {
    const output = await refusal(lists(text));
    expect(output).toContain(CALL);
    expect(output).toContain(message);
  });

  it('a project without C++', async () => {
    expect(await refusal(lists('arena_bind_add_module(one SOURCES one.c)', 'C'))).toContain(
      'Expected CXX among them: write project(<name> LANGUAGES CXX).',
    );
  });

  it('a wasm toolchain that is not Emscripten', async () => {
    const text = lists('set(CMAKE_SYSTEM_NAME WASI)\narena_bind_add_module(one SOURCES one.cpp)');
    expect(await refusal(text)).toContain('this is a wasm toolchain other than Emscripten');
  });

  it('MSVC', async () => {
    const text = lists('set(CMAKE_CXX_COMPILER_ID MSVC)\narena_bind_add_module(one SOURCES one.cpp)');
    expect(await refusal(text)).toContain('the compiler is MSVC. Expected GCC or Clang');
  });

  it('an Emscripten that is too old', async () => {
    const text = lists('arena_bind_add_module(one SOURCES one.cpp)');
    expect(await refusal(text, true, '-DEMSCRIPTEN_VERSION=3.1.5')).toContain(
      'this is Emscripten 3.1.5. Expected 3.1.6 or newer',
    );
  });

  it('to go on without Node, or with an old one', async () => {
    const text = lists('arena_bind_add_module(one SOURCES one.cpp)');
    const without = lists(
      'set(ARENA_BIND_NODE ARENA_BIND_NODE-NOTFOUND)\nset(CMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH OFF)\nset(CMAKE_FIND_USE_CMAKE_SYSTEM_PATH OFF)\narena_bind_add_module(one SOURCES one.cpp)',
    );
    expect(await refusal(without, true)).toContain('there is no node on the PATH. Expected Node 20 or newer, which');
    const old = join(project(folder, { node: '#!/bin/sh\necho v18.19.0\n' }), 'node');
    chmodSync(old, 0o755);
    expect(await refusal(text, true, `-DARENA_BIND_NODE=${old}`)).toContain(
      'node says its version is "v18.19.0". Expected Node 20 or newer',
    );
    expect(await refusal(text, true, '-DARENA_BIND_NODE=/nowhere/node')).toContain(
      '/nowhere/node says its version is ""',
    );
  });
});

describe('find_package', () => {
  const find = (version: string, before = '') => `cmake_minimum_required(VERSION 3.21)
project(user LANGUAGES NONE)
${before}
find_package(arena-bind ${version} REQUIRED PATHS ../node_modules/arena-bind NO_DEFAULT_PATH)
message(STATUS "it is \${arena-bind_VERSION}")
`;

  it('refuses a CMake that is too old', async () => {
    expect(await refusal(find('', 'set(CMAKE_VERSION 3.20.6)'))).toContain(
      'this is CMake 3.20.6. Expected 3.21 or newer',
    );
  });

  it.each(['0.1', '0.1.0', '0', '0.1...0.3', '0.1...<1', '0.1.0 EXACT'])('grants version %s', async (version) => {
    const made = project(folder, { 'CMakeLists.txt': find(version) });
    const { code, output } = await run(made, 'cmake', ['-B', 'build']);
    expect(code, output).toBe(0);
    expect(output).toMatch(/it is 0\.1\.\d+/);
  });

  it.each(['0.0.9', '0.1.99', '0.2', '1.0', '0.2...0.3', '0.0...<0.1', '0.1.99 EXACT'])(
    'does not grant version %s',
    async (version) => {
      expect(await refusal(find(version))).toMatch(/not accepted: .*arena-bind-config\.cmake, version: 0\.1\.\d+/);
    },
  );
});
