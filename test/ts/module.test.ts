// From whatever names a wasm module to a registry, or to an error that says what it was instead.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ABI_VERSION } from '../../src-ts/abi.gen.ts';
import { type ModuleSource, Registry } from '../../src-ts/index.ts';
import { expectError, expectRejection, randomSequence, wasm, wasmUrl } from './helpers.ts';
import { CONSTANT_TYPE, importOf, moduleOf, section, startOf, text, withConstant } from './wasm.ts';

const bytes = wasm('fixtures');
const url = wasmUrl('fixtures');
const HTML = '<!doctype html>\n<html><head><title>App</title></head></html>';
const MEMORY = importOf('env', 'memory', 2, 0, 2);

/** Answers with the status, type and body that the path names. */
let server: Server;
let origin: string;
beforeAll(async () => {
  const answers: Record<string, [number, string, string | Uint8Array]> = {
    '/core.wasm': [200, 'application/wasm', bytes],
    '/untyped': [200, 'text/plain', bytes],
    '/page': [200, 'text/html; charset=utf-8', HTML],
    '/cut.wasm': [200, 'application/wasm', bytes.subarray(0, 1000)],
  };
  server = createServer((request, response) => {
    const [status, type, body] = answers[request.url ?? ''] ?? [404, 'text/html', HTML];
    response.writeHead(status, { 'content-type': type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const create = (module: ModuleSource | Promise<ModuleSource>) => Registry.create({ module, capacity: 1 << 16 });
const createSync = (module: unknown) => Registry.createSync({ module: module as BufferSource, capacity: 1 << 16 });

async function expectWorks(registry: Registry<any>): Promise<void> {
  const out = registry.f32(3);
  registry.bind('fill')(1.5, out);
  expect([...out]).toEqual([1.5, 1.5, 1.5]);
}

/** Bytes that start in the middle of a larger buffer. */
function shifted(): Uint8Array {
  const larger = new Uint8Array(bytes.length + 20);
  larger.set(bytes, 10);
  return larger.subarray(10, 10 + bytes.length);
}

const SYNC_SOURCES: Record<string, () => WebAssembly.Module | BufferSource> = {
  'a Uint8Array': () => bytes,
  'an ArrayBuffer': () => bytes.slice().buffer,
  'a Buffer': () => Buffer.from(bytes),
  'a DataView': () => new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
  'part of a larger buffer': () => shifted() as BufferSource,
  'a WebAssembly.Module': () => new WebAssembly.Module(bytes),
};

test('a module that allows less memory than asked for is refused at once', () => {
  // (import "env" "memory" (memory 1 256))
  const source = moduleOf(importOf('env', 'memory', 2, 1, 1, 0x80, 2));
  const error = expectError(() => Registry.createSync({ module: source }), 'ERR_BAD_MODULE', '256');
  expect(error.message).not.toContain(String(16 * 2 + 1024)); // the size of a second try
});

describe('createSync takes', () => {
  test.each(Object.entries(SYNC_SOURCES))('%s', async (_name, source) => {
    await expectWorks(createSync(source()));
  });
});

describe('create takes', () => {
  const sources: Record<string, () => ModuleSource | Promise<ModuleSource>> = {
    ...SYNC_SOURCES,
    'a file: URL': () => url,
    'a file: URL as a string': () => url.href,
    'a path': () => fileURLToPath(url),
    'a path relative to the working directory': () => relative(process.cwd(), fileURLToPath(url)),
    'an http: URL': () => new URL('/core.wasm', origin),
    'an http: URL as a string, whatever the content type': () => `${origin}/untyped`,
    'a data: URL': () => `data:application/wasm;base64,${Buffer.from(bytes).toString('base64')}`,
    'a blob: URL': () => URL.createObjectURL(new Blob([bytes])),
    'a Response': () => new Response(bytes),
    'the promise of a Response': () => fetch(`${origin}/core.wasm`),
    'the promise of bytes': async () => bytes,
    'the promise of a URL': async () => url,
  };
  test.each(Object.entries(sources))('%s', async (_name, source) => {
    await expectWorks(await create(source()));
  });

  test('one module for many registries', async () => {
    const module = await WebAssembly.compile(bytes);
    const registries = await Promise.all([create(module), create(module), create(Promise.resolve(module))]);
    for (const registry of registries) await expectWorks(registry);
    expect(new Set(registries.map(({ memory }) => memory)).size).toBe(3);
  });
});

describe('what is no wasm', () => {
  const wrong: Record<string, [() => ModuleSource, string[]]> = {
    'an HTML page': [
      () => new TextEncoder().encode(HTML),
      ['the bytes given', '<!doctype html>', 'this is HTML', 'check the URL'],
    ],
    'an HTML page with space before it': [() => new TextEncoder().encode(`\n  ${HTML}`), ['this is HTML']],
    'a Git LFS pointer': [
      () => new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\noid sha256:0\n'),
      ['version https://git-lfs'],
    ],
    'a gzip file': [() => new Uint8Array([0x1f, 0x8b, 8, 0]), ['starts with "\\u001f']],
    'nothing at all': [() => new Uint8Array(0), ['it is empty']],
    'other bytes': [() => new Uint8Array([1, 2, 3]), ['"\\u0001\\u0002\\u0003"']],
  };

  test.each(Object.entries(wrong))('%s is named as what it is', async (_name, [source, parts]) => {
    expectError(() => createSync(source()), 'ERR_BAD_MODULE', 'is not wasm', ...parts);
    await expectRejection(create(source()), 'ERR_BAD_MODULE', 'is not wasm', ...parts);
  });

  test('in a response is shown with its URL, status and content type', async () => {
    const page = [`${origin}/page`, 'content-type text/html; charset=utf-8', '<!doctype html>', 'this is HTML'];
    await expectRejection(create(`${origin}/page`), 'ERR_BAD_MODULE', ...page);
    await expectRejection(create(fetch(`${origin}/page`)), 'ERR_BAD_MODULE', ...page);
    await expectRejection(create(`${origin}/missing`), 'ERR_BAD_MODULE', `${origin}/missing`, '404');
    await expectRejection(create(fetch(`${origin}/missing`)), 'ERR_BAD_MODULE', `${origin}/missing`, '404');
    await expectRejection(create(new Response(HTML)), 'ERR_BAD_MODULE', 'the response', 'this is HTML');
    await expectRejection(
      create(`${origin}/cut.wasm`),
      'ERR_BAD_MODULE',
      `${origin}/cut.wasm`,
      'does not compile',
      'damaged',
    );
    const used = new Response(bytes);
    await used.arrayBuffer();
    await expectRejection(create(used), 'ERR_BAD_MODULE', 'cannot read the wasm module');
  });

  test('and cannot be had says why', async () => {
    const missing = new URL('../missing.wasm', url);
    for (const source of [missing, missing.href, fileURLToPath(missing), 'no/such/file.wasm']) {
      await expectRejection(create(source), 'ERR_BAD_MODULE', 'cannot read the wasm module', String(source), 'ENOENT');
    }
    await expectRejection(create(new URL('.', url)), 'ERR_BAD_MODULE', 'EISDIR');
    await expectRejection(create('file://['), 'ERR_BAD_MODULE', 'file://[');
    await expectRejection(
      create('http://127.0.0.1:1/core.wasm'),
      'ERR_BAD_MODULE',
      'cannot read the wasm module',
      '127.0.0.1:1',
    );
    const reason = new Error('from the caller');
    await expect(create(Promise.reject(reason))).rejects.toBe(reason);
  });

  test('as its buffer was transferred to another thread says so', async () => {
    const [view, buffer] = [bytes.slice(), bytes.slice().buffer];
    structuredClone(null, { transfer: [view.buffer, buffer] });
    for (const source of [view, buffer]) {
      expectError(() => createSync(source), 'ERR_BAD_MODULE', 'transferred away');
      await expectRejection(create(source), 'ERR_BAD_MODULE', 'transferred away');
    }
  });

  test('nor a source of one is refused', async () => {
    for (const source of [5, true, {}, [], () => bytes, Symbol('module'), new SharedArrayBuffer(8)]) {
      await expectRejection(
        create(source as BufferSource),
        'ERR_BAD_MODULE',
        'no wasm module',
        'a WebAssembly.Module or its bytes',
      );
      expectError(() => createSync(source), 'ERR_BAD_MODULE', 'no wasm module', 'createSync takes');
    }
    for (const source of [url, url.href, new Response(bytes), Promise.resolve(bytes)]) {
      expectError(() => createSync(source), 'ERR_BAD_MODULE', 'createSync takes', 'Registry.create');
    }
  });
});

describe('wasm that is damaged', () => {
  test('by a cut anywhere is refused', async () => {
    const { below } = randomSequence(1);
    const cuts = [4, 7, 8, 9, 100, bytes.length - 1, ...Array.from({ length: 60 }, () => 8 + below(bytes.length - 8))];
    for (const cut of cuts) {
      const part = bytes.subarray(0, cut);
      const parts = cut === 8 ? ['imports no memory'] : ['does not compile', 'damaged'];
      expectError(() => createSync(part), 'ERR_BAD_MODULE', ...parts);
      await expectRejection(create(part as BufferSource), 'ERR_BAD_MODULE', ...parts);
    }
  });

  test('by wrong bytes ends in an ArenaError or a registry, never in anything else', () => {
    const { below } = randomSequence(2);
    const code = startOf(bytes, 10); // not in there: a constructor could run for ever
    let refused = 0;
    for (let round = 0; round < 500; round++) {
      const damaged = bytes.slice();
      damaged[8 + below(code - 8)] = below(256);
      try {
        expect(createSync(damaged).capacity).toBe(1 << 16);
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_(BAD_MODULE|OUT_OF_MEMORY)$/) });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});

describe('wasm that was built for something else', () => {
  const version = (number: number) => [
    ...[CONSTANT_TYPE, MEMORY, section(3, 1, 0), section(7, 1, ...text('arena_abi_version'), 0, 0)],
    section(10, 1, 4, 0, 0x41, number, 0x0b),
  ];
  const modules: Record<string, [number[][] | Uint8Array, string[]]> = {
    'with nothing in it': [[], ['imports no memory', 'imports env.memory and nothing else']],
    'with a memory of its own': [[section(5, 1, 0, 1)], ['imports no memory']],
    'that imports a function': [
      [CONSTANT_TYPE, importOf('env', 'abort', 0, 0)],
      ['imports the function env.abort', 'imports env.memory and nothing else'],
    ],
    'that imports a function beside the memory': [
      [
        CONSTANT_TYPE,
        section(2, 2, ...text('wasi'), ...text('exit'), 0, 0, ...text('env'), ...text('memory'), 2, 0, 2),
      ],
      ['imports the function wasi.exit'],
    ],
    'that imports its memory under another name': [[importOf('js', 'mem', 2, 0, 1)], ['imports the memory js.mem']],
    'that imports a function called memory': [
      [CONSTANT_TYPE, importOf('env', 'memory', 0, 0)],
      ['the function env.memory'],
    ],
    'that imports a global called memory': [[importOf('env', 'memory', 3, 0x7f, 0)], ['the global env.memory']],
    'with a memory of fixed size': [[importOf('env', 'memory', 2, 1, 1, 4)], ['cannot be instantiated']],
    'without the hooks': [[MEMORY], ['was not built with arena-bind', 'ABI version']],
    'of an older ABI': [version(0), ['has ABI version 0', 'build it again']],
    'of a newer ABI': [version(99), ['ABI version', 'build it again']],
    'with the version and no other hook': [version(ABI_VERSION), ['cannot be instantiated']],
  };

  test.each(Object.entries(modules))('%s says so', async (_name, [sections, parts]) => {
    const module = moduleOf(...(sections as number[][]));
    expectError(() => createSync(module), 'ERR_BAD_MODULE', ...parts);
    await expectRejection(create(module), 'ERR_BAD_MODULE', ...parts);
  });

  test('whose kernels are ours but whose ABI is another version is not run', async () => {
    await expectWorks(createSync(withConstant(bytes, 'arena_abi_version', ABI_VERSION)));
    for (const number of [0, ABI_VERSION - 1, ABI_VERSION + 1, 63]) {
      const other = withConstant(bytes, 'arena_abi_version', number);
      expectError(
        () => createSync(other),
        'ERR_BAD_MODULE',
        `has ABI version ${number}`,
        `ABI version ${ABI_VERSION}`,
        'build it again',
      );
      await expectRejection(create(other), 'ERR_BAD_MODULE', `has ABI version ${number}`);
    }
  });

  test('for threads says so', async () => {
    const threads = wasm('core.threads');
    expectError(() => createSync(threads), 'ERR_BAD_MODULE', 'it needs Registry.create({ threads })');
    await expectRejection(create(threads as BufferSource), 'ERR_BAD_MODULE', 'it needs Registry.create({ threads })');
  });
});

describe('static constructors', () => {
  test('that do not fit the arena say how much they wanted', async () => {
    const options = { module: bytes as BufferSource, capacity: 8 };
    const error = expectError(
      () => Registry.createSync(options),
      'ERR_OUT_OF_MEMORY',
      'static constructor',
      '16 bytes',
      '8',
    );
    expect(error).toMatchObject({ requested: 16, capacity: 8 });
    await expectRejection(Registry.create(options), 'ERR_OUT_OF_MEMORY', 'larger capacity');
    expect(Registry.createSync({ ...options, capacity: 32 }).bind('table_sum')()).toBe(10);
  });
});
