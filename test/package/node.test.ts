import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { error, INPUT, LIFECYCLE_JS } from './lifecycle.js';
import { evaluate, installed } from './project.js';

const run = `processFrame(Float32Array.from(${JSON.stringify(INPUT)}))`;
const wasm = installed('dist/core.wasm');
const ADDRESS = "'http://localhost:' + server.address().port + '/core.wasm'";

describe('the lifecycle, as written', () => {
  it('runs as an ES module', async () => {
    const output = await evaluate<number[]>(
      'lifecycle.mjs',
      `import { Registry } from 'arena-bind';
      const registry = await Registry.create();
      ${LIFECYCLE_JS}
      ${run};
      console.log(JSON.stringify(Array.from(${run})));`,
    );
    expect(error(output)).toBeLessThan(1e-6);
  });

  it('runs as CommonJS', async () => {
    const output = await evaluate<number[]>(
      'lifecycle.cjs',
      `const { Registry } = require('arena-bind');
      Registry.create().then((registry) => {
        ${LIFECYCLE_JS}
        console.log(JSON.stringify(Array.from(${run})));
      });`,
    );
    expect(error(output)).toBeLessThan(1e-6);
  });

  it('runs after require of the ES module and import of the CommonJS one', async () => {
    const { outputs, names } = await evaluate<{ outputs: number[][]; names: string[][] }>(
      'both.mjs',
      `import { createRequire } from 'node:module';
      import * as imported from 'arena-bind';
      const required = createRequire(import.meta.url)('arena-bind');
      const outputs = [];
      for (const { Registry } of [imported, required]) {
        const registry = await Registry.create();
        ${LIFECYCLE_JS}
        outputs.push(Array.from(${run}));
      }
      console.log(JSON.stringify({ outputs, names: [Object.keys(imported).sort(), Object.keys(required).sort()] }));`,
    );
    for (const output of outputs) expect(error(output)).toBeLessThan(1e-6);
    expect(names[0]).toEqual(names[1]);
  });
});

it('a plan is recorded, run and refused with the errors of the package', async () => {
  const output = await evaluate<unknown[]>(
    'plan.mjs',
    `import { ArenaError, Registry } from 'arena-bind';
    import { Plan } from 'arena-bind/plan';
    const registry = await Registry.create();
    const view = registry.allocPersistent('f32', [1, 2]);
    const plan = Plan.record(registry, () => registry.bind('scale')(view, view, 2));
    plan.scalar(0, 'factor')[0] = 10;
    plan.run();
    let refused;
    try {
      Plan.record(registry, () => {});
    } catch (error) {
      refused = [error instanceof ArenaError, error.code];
    }
    console.log(JSON.stringify([...view, ...refused]));`,
  );
  expect(output).toEqual([20, 40, true, 'ERR_PLAN']);
});

type Failure = { code: string; message: string };

describe('loading the kernels', () => {
  const load = <T = number[]>(setup: string, source: string) =>
    evaluate<T>(
      'load.mjs',
      `import { Registry } from 'arena-bind';
      import { readFile } from 'node:fs/promises';
      const file = ${JSON.stringify(wasm)};
      ${setup}
      const registry = await Registry.create({ module: ${source} }).catch((error) => error);
      if (registry instanceof Error) {
        console.log(JSON.stringify({ code: registry.code, message: registry.message }));
      } else {
        ${LIFECYCLE_JS}
        console.log(JSON.stringify(Array.from(${run})));
      }`,
    );

  it.each([
    ['a path', 'file'],
    ['a file: URL as text', JSON.stringify(pathToFileURL(wasm))],
    ['a file: URL', `new URL(${JSON.stringify(pathToFileURL(wasm))})`],
    ['the exported path', "new URL(import.meta.resolve('arena-bind/core.wasm'))"],
    ['a Buffer', 'await readFile(file)'],
    ['an ArrayBuffer', '(await readFile(file)).buffer.slice(0)'],
    [
      'the middle of a buffer',
      'Buffer.concat([Buffer.alloc(3), await readFile(file), Buffer.alloc(5)]).subarray(3, -5)',
    ],
    ['a Response', "new Response(await readFile(file), { headers: { 'content-type': 'application/wasm' } })"],
    ['a promise of a Response', 'Promise.resolve(new Response(await readFile(file)))'],
    ['a WebAssembly.Module', 'new WebAssembly.Module(await readFile(file))'],
    ['a data: URL', "'data:application/wasm;base64,' + (await readFile(file, 'base64'))"],
  ])('takes %s', async (_, source) => {
    expect(error(await load('', source))).toBeLessThan(1e-6);
  });

  it('from a server', async () => {
    const setup = `import { createServer } from 'node:http';
      const body = await readFile(file);
      const server = createServer((_, response) => response.end(body)).listen(0).unref();`;
    const output = await load(setup, ADDRESS);
    expect(error(output)).toBeLessThan(1e-6);
  });

  it('shows the first bytes of a page that came instead, and why it came', async () => {
    const setup = `import { createServer } from 'node:http';
      const server = createServer((_, response) => {
        response.setHeader('content-type', 'text/html').end('<!doctype html><title>Not here</title>');
      }).listen(0).unref();`;
    const { code, message } = await load<Failure>(setup, ADDRESS);
    expect(code).toBe('ERR_BAD_MODULE');
    expect(message).toContain('<!doctype html><title>Not here');
    expect(message).toContain('text/html');
    expect(message).toContain('HTML');
  });

  it.each([
    ['a server that says no', "new Response('gone', { status: 404 })", '404'],
    ['nothing', 'new Uint8Array(0)', 'it is empty'],
    ['a file that is not there', "'/no/such/file.wasm'", '/no/such/file.wasm'],
    ['a damaged file', '(await readFile(file)).subarray(0, 200)', 'damaged'],
    ['a module of somebody else', 'Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0])', 'env.memory'],
    ['the build for threads', "await readFile(file.replace('core.wasm', 'core.threads.wasm'))", 'threads'],
    ['a number', '7', 'createSync takes a WebAssembly.Module or its bytes'],
  ])('says what is wrong with %s', async (_, source, text) => {
    const { code, message } = await load<Failure>('', source);
    expect(code).toBe('ERR_BAD_MODULE');
    expect(message).toContain(text);
  });
});

it.each(['import', 'require'])('does nothing at %s, even without WebAssembly', async (how) => {
  const entry = how === 'import' ? "await import('arena-bind')" : "createRequire(import.meta.url)('arena-bind')";
  const names = await evaluate<string[]>(
    'inert.mjs',
    `import { createRequire } from 'node:module';
    delete globalThis.WebAssembly;
    for (const name of ['fetch', 'Response', 'Worker', 'SharedArrayBuffer', 'setTimeout']) globalThis[name] = undefined;
    const before = Object.getOwnPropertyNames(globalThis);
    const { Registry } = ${entry};
    const after = Object.getOwnPropertyNames(globalThis);
    console.log(JSON.stringify([typeof Registry.create, ...after.filter((name) => !before.includes(name))]));`,
  );
  expect(names).toEqual(['function']);
});

it('touches at most 3 MB of memory before the first frame', async () => {
  const source = `import { Registry } from 'arena-bind';
    const cpu = process.cpuUsage();
    const before = process.memoryUsage.rss();
    const registry = await Registry.create();
    const grown = process.memoryUsage.rss() - before;
    const { user, system } = process.cpuUsage(cpu);
    console.log(JSON.stringify({ grown, milliseconds: (user + system) / 1000, capacity: registry.capacity }));`;
  const runs: { grown: number; milliseconds: number; capacity: number }[] = [];
  for (let i = 0; i < 5; i++) runs.push(await evaluate('first.mjs', source));
  // The least of several: the collector and the compiler of Node take memory of their own now and then.
  const grown = Math.min(...runs.map((run) => run.grown));
  const milliseconds = Math.min(...runs.map((run) => run.milliseconds));
  console.log(`first Registry.create(): ${milliseconds} ms of CPU, ${grown} bytes resident`);
  expect(runs.map((run) => run.capacity)).toEqual(Array(5).fill(67_108_864));
  expect(grown).toBeLessThanOrEqual(3_000_000);
});
