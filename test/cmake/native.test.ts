// Without Emscripten: a library of the kernels as functions, which tests link and sanitizers see into.
import { describe, expect, inject, it } from 'vitest';
import { build, lists, project, run, succeed } from './project.js';

const folder = inject('folder');
const example = 'examples/cmake';

const program = (body: string) => `#include "filters.hpp"
#include <arena_bind/kernel.hpp>
#include <cstdio>
#include <thread>
#include <vector>
int main() {
  ${body}
}
`;

/** A module of the example's kernels and a program \`test\` with this body. */
function tested(body: string, more = ''): string {
  return project(
    folder,
    {
      'CMakeLists.txt': lists(`arena_bind_add_module(filters SOURCES filters.cpp)
${more}
add_executable(test test.cpp)
target_link_libraries(test PRIVATE filters)`),
      'test.cpp': program(body),
    },
    example,
  );
}

describe('the native twin', () => {
  it('passes the tests of the example under AddressSanitizer and UndefinedBehaviorSanitizer', async () => {
    const made = project(folder, {}, example);
    await linked(made);
    await succeed(made, 'cmake', '--preset', 'test');
    await succeed(made, 'cmake', '--build', '--preset', 'test');
    expect(await succeed(made, 'ctest', '--preset', 'test')).toContain('100% tests passed, 0 tests failed out of 1');
  });

  it('lets AddressSanitizer see into kernels', async () => {
    const made = tested(
      `std::vector<float> in(8);
  smooth({in.data(), 9}, {in.data(), 9}, 1);`,
    );
    const { code, output } = await build(made, 'native', '-DCMAKE_CXX_FLAGS=-fsanitize=address');
    expect(code, output).toBe(0);
    const ended = await run(made, 'build/native/test', []);
    expect(ended.code).toBe(1);
    expect(ended.output).toMatch(/heap-buffer-overflow .* in smooth\(/);
  });

  it('runs threads on one arena under ThreadSanitizer without a report, and one on data that races', async () => {
    const threads = (work: string) => `arena_open(1 << 20);
  std::vector<float> shared(8);
  const auto work = [&] { ${work} };
  std::thread other{work};
  work();
  other.join();
  return arena::current().mark().offset == 0 ? 1 : 0;`;
    const link =
      'target_compile_options(filters PUBLIC -fsanitize=thread)\ntarget_link_options(filters PUBLIC -fsanitize=thread)';
    const good = tested(threads('for (int i = 0; i < 1000; i++) arena::alloc<float>(8)[0] = 1;'), link);
    const { code, output } = await build(good, 'native');
    expect(code, output).toBe(0);
    expect(await run(good, 'build/native/test', [])).toEqual({ code: 0, output: '' });
    const bad = tested(`${threads('smooth(shared, shared, 0.5f); arena::alloc<float>(8);')}`, link);
    expect((await build(bad, 'native')).code).toBe(0);
    const raced = await run(bad, 'build/native/test', []);
    expect(raced.code).toBe(1);
    expect(raced.output).toMatch(/data race .* smooth\(/);
  });

  it('throws what arena::fail says, through frames of kernels whose destructors run', async () => {
    const made = tested(`arena_open(64);
  std::vector<float> long_one(100);
  try {
    median(long_one, long_one);
  } catch (const arena::KernelFailure &failure) {
    std::printf("%u %u %.*s %u", unsigned(failure.status), failure.requested, int(failure.text.size()),
                failure.text.data(), arena::current().mark().offset);
  }`);
    const { code, output } = await build(made, 'native');
    expect(code, output).toBe(0);
    expect((await run(made, 'build/native/test', [])).output).toBe('2 408 arena::alloc 0');
  });

  it('keeps the warnings, linters and precompiled headers of the user away from the files of the package', async () => {
    const made = tested(
      'return loudness({}) == 0 ? 0 : 1;',
      `target_compile_options(filters PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Wold-style-cast
                                              -Wuseless-cast -Wfloat-equal -Weffc++ -Werror)
target_precompile_headers(filters PRIVATE <vector>)
set_target_properties(filters PROPERTIES UNITY_BUILD ON)`,
    );
    const { code, output } = await build(made, 'native', '-DCMAKE_CXX_COMPILER=g++');
    expect(code, output).toBe(0);
    expect((await run(made, 'build/native/test', [])).code).toBe(0);
  });

  it('serves siblings of the folder that finds the package, two modules in one program, and a newer standard', async () => {
    const kernel = (name: string) => `#include <arena_bind/kernel.hpp>
int ${name}() { return static_cast<int>(arena::alloc<int>(3).size()) + (__cplusplus > 202002L); }
ARENA_KERNEL(${name})
`;
    const made = project(folder, {
      'CMakeLists.txt': `cmake_minimum_required(VERSION 3.21)
project(user LANGUAGES CXX)
set(CMAKE_CXX_STANDARD 23)
add_subdirectory(kernels)
add_subdirectory(helpers)
add_subdirectory(tests)`,
      'kernels/CMakeLists.txt': `find_package(arena-bind REQUIRED PATHS "\${CMAKE_SOURCE_DIR}/../node_modules/arena-bind"
             NO_DEFAULT_PATH)
arena_bind_add_module(first SOURCES first.cpp THREADS NO_SIMD CAPACITY 1MiB)
arena_bind_add_module(second SOURCES second.cpp PREBUILT)`,
      'kernels/first.cpp': kernel('one'),
      'kernels/second.cpp': kernel('two'),
      'helpers/CMakeLists.txt': `add_library(helpers STATIC helpers.cpp)
target_link_libraries(helpers PUBLIC arena-bind::headers)`,
      'helpers/helpers.cpp':
        '#include <arena_bind/kernel.hpp>\nint three() { return int(arena::alloc<int>(3).size()); }\n',
      'tests/CMakeLists.txt': `add_executable(test test.cpp)
target_link_libraries(test PRIVATE first second helpers)
arena_bind_add_module(third SOURCES ../kernels/first.cpp)`,
      'tests/test.cpp': `#include <arena_bind/kernel.hpp>
int one();
int two();
int three();
float sum(std::span<const float>);
int main() {
  arena_open(1 << 16);
  const float numbers[] = {1, 2, 3};
  return one() == 4 && two() == 4 && three() == 3 && sum(numbers) == 6 ? 0 : 1;
}
`,
    });
    const { code, output } = await build(made, 'native');
    expect(code, output).toBe(0);
    expect((await run(made, 'build/native/tests/test', [])).code).toBe(0);
  });
});

/** Gives a project that has a node_modules of its own the package. */
async function linked(made: string): Promise<void> {
  await succeed(made, 'cmake', '-E', 'create_symlink', '../../node_modules/arena-bind', 'node_modules/arena-bind');
}
