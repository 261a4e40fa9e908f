// What cannot work in a kernel is refused when it is built: at the user's line, with what to use instead.
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Diagnostic, ToolchainName } from '../../src-ts/driver/index.js';
import { ALL } from '../extent.js';
import { brief, errorsOf, failure, folder, kernelOf } from './helpers.js';

interface Refused {
  head: string;
  body: string;
  /** What is refused, as a programmer names it. */
  says?: string;
  instead: string;
}

const cases: Record<string, Refused> = {
  thread: {
    head: '#include <thread>',
    body: 'std::thread([] {}).join(); return n;',
    instead: 'split the work with arena::parallel_for, or run kernels beside each other with registry.run',
  },
  mutex: {
    head: '#include <mutex>',
    body: 'static std::mutex m; m.lock(); return n;',
    instead: 'split the work with arena::parallel_for, or run kernels beside each other with registry.run',
  },
  pthread: {
    head: '#include <pthread.h>',
    body: 'pthread_t t; return pthread_create(&t, nullptr, nullptr, nullptr);',
    instead: 'split the work with arena::parallel_for, or run kernels beside each other with registry.run',
  },
  fopen: {
    head: '#include <cstdio>',
    body: 'return fopen("x", "r") != nullptr;',
    says: 'fopen',
    instead: 'hand the bytes over',
  },
  ifstream: {
    head: '#include <fstream>',
    body: 'std::ifstream s("x"); return s.good();',
    instead: 'hand the bytes over',
  },
  printf: {
    head: '#include <cstdio>',
    body: 'std::printf("%d", n); return n;',
    says: 'printf',
    instead: 'return results',
  },
  cout: {
    head: '#include <iostream>',
    body: 'std::cout << n; return n;',
    says: 'std::cout',
    instead: 'return results',
  },
  exit: {
    head: '#include <cstdlib>',
    body: 'if (n) std::exit(n); return n;',
    says: 'exit',
    instead: 'arena::fail("text")',
  },
  time: { head: '#include <ctime>', body: 'return std::time(nullptr);', says: 'time', instead: 'hand the time over' },
  chrono: {
    head: '#include <chrono>',
    body: 'return std::chrono::steady_clock::now() == std::chrono::steady_clock::time_point();',
    instead: 'hand the time over',
  },
  entropy: { head: '#include <random>', body: 'return std::random_device()();', instead: 'hand a seed over' },
  throw: { head: '', body: 'if (n) throw n; return n;', instead: 'arena::fail("text")' },
  try: { head: '', body: 'try { n++; } catch (...) {} return n;', instead: 'arena::fail("text")' },
  dynamic_cast: {
    head: 'struct A { virtual int f(); }; struct B : A {}; A *a();',
    body: 'return dynamic_cast<B *>(a()) != nullptr;',
    instead: 'RTTI is off in kernels',
  },
  typeid: { head: '#include <typeinfo>', body: 'return typeid(n) == typeid(int);', instead: 'RTTI is off in kernels' },
  setjmp: {
    head: '#include <setjmp.h>',
    body: 'static jmp_buf b; if (setjmp(b)) return 1; longjmp(b, n);',
    instead: 'return early',
  },
  socket: {
    head: '#include <sys/socket.h>',
    body: 'return socket(AF_INET, SOCK_STREAM, 0);',
    instead: 'receive in JavaScript',
  },
  system: { head: '#include <cstdlib>', body: 'return std::system("x");', instead: 'do this in JavaScript' },
};

// Errors of the compiler come before those of the linker: what compiles is built again, from the cache.
async function refusals(toolchain: ToolchainName, names: string[]): Promise<Map<string, Diagnostic[]>> {
  const found = new Map<string, Diagnostic[]>();
  const files = Object.fromEntries(
    names.map((name) => [`${name}.cpp`, kernelOf(`k_${name}`, cases[name]?.body as string, cases[name]?.head)]),
  );
  const cwd = folder(files);
  let left = Object.keys(files);
  while (left.length > 0) {
    const errors = errorsOf(await failure({ cwd, toolchain, sources: left }));
    const places = new Map(errors.map((error) => [basename(error.file ?? 'no file'), error]));
    for (const [file] of places)
      found.set(
        file,
        errors.filter((error) => basename(error.file ?? 'no file') === file),
      );
    expect(left, errors.map(({ message }) => message).join('\n')).toEqual(expect.arrayContaining([...places.keys()]));
    left = left.filter((file) => !places.has(file));
  }
  return found;
}

describe.each<[ToolchainName, string[]]>([
  ['emcc', Object.keys(cases)],
  ['clang', ALL ? Object.keys(cases) : ['thread', 'fopen', 'throw']],
  ['yowasp', ['fopen']],
])('%s', (toolchain, names) => {
  test('each is refused, once and at its line', async () => {
    const found = await refusals(toolchain, names);
    for (const name of names) {
      const { says = '', instead } = cases[name] as Refused;
      const errors = found.get(`${name}.cpp`) ?? [];
      expect(errors.length, name).toBeGreaterThan(0);
      expect(new Set(errors.map(brief)).size, name).toBe(errors.length);
      for (const { line, message, hint } of errors) {
        expect(`${name}: ${message} ${hint ?? ''}`).toContain(instead);
        expect(`${message} ${hint ?? ''}`).toContain(says);
        expect([2, 3], `${name}: ${message}`).toContain(line);
      }
    }
  });
});

test('a struct cannot be named as an element type is', async () => {
  const source = `#include <arena_bind/kernel.hpp>
struct u8 { int n; };
ARENA_STRUCT(u8, n)
int first(std::span<const u8> all) { return all[0].n; }
ARENA_KERNEL(first, all)
`;
  const { message } = await failure({
    cwd: folder({ 'bytes.cpp': source }),
    toolchain: 'emcc',
    sources: ['bytes.cpp'],
  });
  expect(message).toBe('there is a struct named u8, as an element type is: rename it, as to u8_data');
});
