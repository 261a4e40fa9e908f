// The lifecycle in a browser: frames, loading, what goes wrong, workers and canvases.
import { afterEach, describe, expect, test } from 'vitest';
import { ArenaError, processFrame as inFrame, type ModuleSource, Registry } from '../../src-ts/index.ts';

const coreUrl = new URL('../../build/core.wasm', import.meta.url);
const fixturesUrl = new URL('../../build/fixtures.wasm', import.meta.url);
const threadsUrl = new URL('../../build/core.threads.wasm', import.meta.url);

const registries: Registry<any>[] = [];
afterEach(() => {
  for (const registry of registries.splice(0)) registry.dispose();
});
function kept<K>(registry: Registry<K>): Registry<K> {
  registries.push(registry);
  return registry;
}

async function codeOf(action: () => unknown): Promise<string> {
  try {
    await action();
    return 'nothing was thrown';
  } catch (error) {
    return error instanceof ArenaError ? error.code : `not an ArenaError: ${error}`;
  }
}

test('the lifecycle gives the reference result, frame after frame', async () => {
  const registry = kept(await Registry.create());
  function processFrame(videoFrameData: Float32Array) {
    try {
      const inputVec = registry.alloc('f32', videoFrameData);
      const outputVec = registry.alloc('f32', videoFrameData.length);
      const filterFn = registry.bind('apply_filter');
      filterFn(inputVec, outputVec);
      return new Float32Array(outputVec);
    } finally {
      registry.reset();
    }
  }
  const data = Float32Array.from({ length: 1001 }, (_, i) => Math.sin(i * i));
  for (let frame = 0; frame < 5; frame++) {
    const result = processFrame(data);
    for (const [i, value] of result.entries()) {
      const at = (k: number) => data[Math.min(Math.max(k, 0), data.length - 1)] as number;
      const expected = (at(i - 2) + 4 * at(i - 1) + 6 * at(i) + 4 * at(i + 1) + at(i + 2)) / 16;
      if (!(Math.abs(value - expected) < 1e-6)) expect({ i, value }).toEqual({ i, value: expected });
    }
  }
  expect(registry.stats).toMatchObject({ capacity: 67_108_864, used: 0, epoch: 5, cachedViews: 2, allocations: 10 });
});

test('frames that repeat get the same views, nest, and survive resets inside', async () => {
  const registry = kept(await Registry.create({ capacity: 1 << 20 }));
  const views = new Set<unknown>();
  for (let round = 0; round < 20; round++) {
    using _outer = registry.openFrame();
    const first = registry.f32([1, 2, 3]);
    {
      using _inner = registry.openFrame();
      views.add(registry.f64(10).fill(round));
    }
    expect([...first]).toEqual([1, 2, 3]);
    if (round % 7 === 3) registry.reset();
    registry.u8(100);
  }
  expect(views.size).toBe(2);
  expect(registry.stats).toMatchObject({ used: 0, depth: 0 });
  expect(inFrame(registry, (given, x) => given.f32([x]).slice()[0], 5)).toBe(5);
});

test('every element type has its view, f16 where the engine has it', async () => {
  const registry = kept(await Registry.create({ capacity: 1 << 16 }));
  const names = {
    i8: 'Int8Array',
    u8c: 'Uint8ClampedArray',
    u16: 'Uint16Array',
    u64: 'BigUint64Array',
    f64: 'Float64Array',
  };
  for (const [type, name] of Object.entries(names)) {
    expect(Object.prototype.toString.call(registry.alloc(type as 'u8', 4))).toBe(`[object ${name}]`);
  }
  if ('Float16Array' in globalThis) {
    const half = registry.f16([1, 0.5, 65504, 1e-8] as never) as unknown as Float32Array & { ptr: number };
    expect(Object.prototype.toString.call(half)).toBe('[object Float16Array]');
    expect([...half]).toEqual([1, 0.5, 65504, 0]);
    expect(half.byteOffset).toBe(half.ptr);
  } else expect(await codeOf(() => registry.f16(4))).toBe('ERR_INVALID_TYPE');
});

test('a block of clamped bytes is the pixels of a canvas', async () => {
  const registry = kept(await Registry.create({ capacity: 1 << 16 }));
  const canvas = new OffscreenCanvas(8, 4).getContext('2d', {
    willReadFrequently: true,
  }) as OffscreenCanvasRenderingContext2D;
  canvas.fillStyle = 'rgb(10, 200, 30)';
  canvas.fillRect(0, 0, 8, 4);
  const rgba = registry.u8c(canvas.getImageData(0, 0, 8, 4).data);
  const luma = registry.u8(32);
  registry.bind('rgba_to_luma')(rgba, luma);
  const grey = (6966 * 10 + 23436 * 200 + 2366 * 30 + 16384) >> 15;
  expect([...luma]).toEqual(Array(32).fill(grey));
  for (const [i, value] of luma.entries()) rgba.set([value, value, value, 255], 4 * i);
  canvas.putImageData(new ImageData(rgba, 8, 4), 0, 0); // no copy of the block
  expect([...canvas.getImageData(7, 3, 1, 1).data]).toEqual([grey, grey, grey, 255]);
});

test('strings and JSON go through the arena', async () => {
  const registry = kept(await Registry.create({ capacity: 1 << 16 }));
  for (const text of ['', 'aé日😀', '\ufeff mark', 'x'.repeat(10_000)]) {
    expect(registry.readString(registry.writeString(text))).toBe(text);
  }
  expect(registry.readString(registry.writeString('\ud800'))).toBe('\ufffd');
  expect(registry.readJson(registry.writeJson({ a: [1, 'é'] }))).toEqual({ a: [1, 'é'] });
});

describe('create takes', () => {
  const sources: Record<string, () => ModuleSource | Promise<ModuleSource>> = {
    'a URL': () => coreUrl,
    'a URL as a string': () => coreUrl.href,
    'a path of the server': () => coreUrl.pathname,
    'the promise of a Response': () => fetch(coreUrl),
    'a blob: URL': async () => URL.createObjectURL(await (await fetch(coreUrl)).blob()),
    bytes: async () => (await fetch(coreUrl)).arrayBuffer(),
    'a compiled module': () => WebAssembly.compileStreaming(fetch(coreUrl)),
  };
  test.each(Object.entries(sources))('%s', async (_name, source) => {
    const registry = kept(await Registry.create({ module: source(), capacity: 1 << 16 }));
    expect(registry.bind('sum')?.(registry.f32([1, 2, 3.5]))).toBe(6.5);
  });

  test('only wasm: a page, a missing file and damaged bytes are named', async () => {
    const create = (module: ModuleSource | Promise<ModuleSource>) => Registry.create({ module, capacity: 1 << 16 });
    await expect(create(location.href)).rejects.toMatchObject({
      code: 'ERR_BAD_MODULE',
      message: expect.stringMatching(/text\/html.*this is HTML/),
    });
    await expect(create(new URL('/no/such/file.wasm', location.href))).rejects.toMatchObject({
      code: 'ERR_BAD_MODULE',
    });
    await expect(create('http://127.0.0.1:1/core.wasm')).rejects.toMatchObject({
      code: 'ERR_BAD_MODULE',
      message: expect.stringContaining('cannot read the wasm module http://127.0.0.1:1/core.wasm'),
    });
    const bytes = await (await fetch(coreUrl)).arrayBuffer();
    for (const part of [bytes.slice(0, 0), bytes.slice(0, 6), bytes.slice(0, 1000), new Uint8Array(bytes, 4)]) {
      expect(await codeOf(() => create(part))).toBe('ERR_BAD_MODULE');
    }
    await expect(create(threadsUrl)).rejects.toMatchObject({
      code: 'ERR_BAD_MODULE',
      message: expect.stringContaining('it needs Registry.create({ threads })'),
    });
  });
});

test('wrong uses are errors with their code', async () => {
  const registry = kept(await Registry.create({ capacity: 1 << 16 }));
  const other = kept(await Registry.create({ capacity: 1 << 16 }));
  const any = registry as unknown as Registry<Record<string, (...args: unknown[]) => unknown>>;
  const stale = registry.f32(4);
  registry.reset();
  const gone = await Registry.create({ capacity: 1 << 16 });
  gone.dispose();
  const uses: [string, () => unknown][] = [
    ...[-1, Number.NaN, 1.5, '4', null, 4n].map((length): [string, () => unknown] => [
      'ERR_INVALID_LENGTH',
      () => registry.f32(length as number),
    ]),
    ['ERR_OUT_OF_MEMORY', () => registry.f32(2 ** 32 + 1)],
    ['ERR_INVALID_TYPE', () => registry.alloc('f33' as 'f32', 4)],
    ['ERR_INVALID_TYPE', () => registry.f32(new Array<number>(3))],
    ['ERR_INVALID_OPTION', () => registry.alloc('f32', 4, { align: 3 })],
    ['ERR_INVALID_OPTION', () => Registry.create({ capcity: 8 } as object)],
    ['ERR_THREADS_UNAVAILABLE', () => registry.handle()],
    ['ERR_UNKNOWN_KERNEL', () => any.bind('apply_filtre')],
    ['ERR_ARGUMENT_COUNT', () => any.bind('sum')?.()],
    ['ERR_INVALID_TYPE', () => any.bind('sum')?.([1, 2])],
    ['ERR_INVALID_ARGUMENT', () => any.bind('scale')?.(registry.f32(1), registry.f32(1), '2')],
    ['ERR_STALE_VIEW', () => registry.bind('sum')(stale)],
    ['ERR_FOREIGN_VIEW', () => registry.bind('sum')(new Float32Array(4))],
    ['ERR_FOREIGN_VIEW', () => registry.bind('sum')(other.f32(4))],
    ['ERR_KERNEL_FAILED', () => registry.bind('dot')(registry.f32(3), registry.f32(4))],
    ['ERR_FRAME_ESCAPE', () => inFrame(registry, () => registry.f32(4))],
    ['ERR_ASYNC_FRAME', () => inFrame(registry, (async () => 1) as () => never)],
    ['ERR_DISPOSED', () => gone.f32(4)],
  ];
  for (const [code, use] of uses) expect([await codeOf(use), String(use)]).toEqual([code, String(use)]);
});

test('a kernel that stops leaves a registry that works', async () => {
  const registry = kept(await Registry.create({ module: fixturesUrl, capacity: 1 << 20 }));
  const run = (kernel: string, ...args: unknown[]) => registry.bind(kernel)(...args);
  const stack = run('stack_pointer');
  const view = registry.f32([1, 2]);
  const stops: [string, string, ...unknown[]][] = [
    ['ERR_KERNEL_TRAP', 'trap'],
    ['ERR_KERNEL_TRAP', 'overflow_stack', 1],
    ['ERR_KERNEL_TRAP', 'recurse', 1],
    ['ERR_KERNEL_TRAP', 'trap_in_scratch', 1000],
    ['ERR_KERNEL_TRAP', 'write_wild', 2 ** 32 - 1],
    ['ERR_KERNEL_FAILED', 'fail_plainly', 3],
    ['ERR_OUT_OF_MEMORY', 'use_scratch', 2 ** 30],
  ];
  for (const [code, kernel, ...args] of stops) {
    for (let round = 0; round < 20; round++)
      expect([kernel, await codeOf(() => run(kernel, ...args))]).toEqual([kernel, code]);
    expect(registry.stats).toMatchObject({ used: 8 });
    run('fill', 3, view);
    expect([...view, run('stack_pointer')]).toEqual([3, 3, stack]);
  }
  expect(run('everything')).toEqual([true, -1, 4294967295, 0.5, -1n]);
});

test('a registry of its own runs in a worker', async () => {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  try {
    const module = await WebAssembly.compileStreaming(fetch(coreUrl));
    const reply = await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(module);
    });
    expect(reply).toEqual({ sum: 6, used: 12 + 4, text: 'from a worker' });
  } finally {
    worker.terminate();
  }
});
