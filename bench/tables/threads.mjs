// What threads cost and bring: blocks of two threads at once, kernels shared by two, waking and calling a worker, and a pool
// that has nothing to do; beside one thread, and beside plain JavaScript that posts buffers to a worker. Node only.
import { Registry } from 'arena-bind';
import { sample } from '../race.mjs';
import { allocate, luma } from '../threads.work.mjs';

const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const engines = ['node'];

async function started(workerData) {
  const { Worker } = await import('node:worker_threads');
  const worker = new Worker(new URL('../threads.worker.mjs', import.meta.url), { workerData });
  worker.unref();
  return worker;
}

/** A worker of plain JavaScript: what is posted to it comes back, worked on. */
async function poster() {
  const worker = await started({});
  let answered;
  worker.on('message', (reply) => answered(reply));
  return (message, buffers) =>
    new Promise((resolve) => {
      answered = resolve;
      worker.postMessage(message, buffers);
    });
}

const noise = (view) => {
  for (let i = 0, seed = 1; i < view.length; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
    view[i] = seed >>> 24;
  }
  return view;
};

/** A kernel on one and on two threads; `given` makes its arguments. */
async function share(kernel, given) {
  const cases = [];
  for (const [key, options] of [
    ['one', {}],
    ['two', { threads: 2 }],
  ]) {
    const registry = await Registry.create(options);
    const args = given(registry);
    const scope = { kernel: registry.bind(kernel), ...Object.fromEntries(args.map((value, i) => [`a${i}`, value])) };
    const body = `kernel(${args.map((_, i) => `a${i}`)});`;
    cases.push({ key, name: `threads: ${registry.stats.threads}`, scope, body });
  }
  return cases;
}

const matmul = (n) => ({
  title: `matmul of ${n} x ${n}`,
  engines,
  first: 1,
  cases: () =>
    share('matmul', (registry) => {
      const [a, b, out] = [1, 2, 3].map(() => registry.f32(n * n));
      return [noise(a), noise(b), out, n, n, n];
    }),
});

const [width, height] = [1920, 1080];

const call = (size, bytes) => ({
  title: `a worker turns ${size} grey, awaited`,
  engines,
  first: 10,
  async cases() {
    const registry = await Registry.create({ threads: 2 });
    const post = await poster();
    const [picture, out] = [noise(registry.u8(bytes)), registry.u8(bytes / 4)];
    let posted = { rgba: new Uint8Array(bytes), out: new Uint8Array(bytes / 4) };
    return [
      {
        key: 'run',
        name: 'await registry.run(...)',
        async run(count) {
          for (let i = 0; i < count; i++) await registry.run('rgba_to_luma', picture, out);
        },
      },
      {
        key: 'post',
        name: 'plain JavaScript, buffers posted',
        async run(count) {
          for (let i = 0; i < count; i++) posted = await post(posted, [posted.rgba.buffer, posted.out.buffer]);
        },
      },
    ];
  },
});

const timed = (run, pause) => async () => {
  if (pause) await rest(pause);
  else for (let i = 0; i < 20; i++) await run();
  const start = performance.now();
  const made = run();
  if (made) await made;
  return (performance.now() - start) * 1000;
};

const waking = (when, pause) => ({
  title: `waking a worker, ${when}`,
  engines,
  async rows() {
    const { default: module } = await import('../../build/bench/threads.js');
    const registry = await Registry.create({ module, threads: 2, capacity: 1 << 20 });
    const post = await poster();
    const [chunks, threads] = ['two_chunks', 'two_threads'].map((name) => registry.bind(name));
    return sample(
      [
        { key: 'chunks', name: 'parallel_for of two empty chunks', run: timed(chunks, pause) },
        { key: 'threads', name: 'the same until both threads are in it', run: timed(threads, pause) },
        { key: 'message', name: 'an empty message there and back', run: timed(() => post({}, []), pause) },
      ],
      100,
    );
  },
});

/** Processor time of the whole process while nothing happens, in cores. */
async function idle(count) {
  const pools = await Promise.all(
    Array.from({ length: count }, () => Registry.create({ threads: 8, capacity: 1 << 20 })),
  );
  await rest(200);
  const start = globalThis.process.cpuUsage();
  const from = performance.now();
  await rest(1000);
  const { user, system } = globalThis.process.cpuUsage(start);
  const cores = (user + system) / 1000 / (performance.now() - from);
  for (const pool of pools) pool.dispose();
  return cores;
}

export const tables = {
  blocks: {
    title: 'a block of 128 floats, three to a frame, by threads',
    engines,
    async cases() {
      const [alone, registry] = [await Registry.create(), await Registry.create({ threads: 2 })];
      const gate = new Int32Array(new SharedArrayBuffer(8)); // [how many frames are asked for, 1 when they are done]
      await started({ handle: registry.handle({ name: 'the bench' }), gate });
      const both = (count) => {
        Atomics.store(gate, 1, 0);
        Atomics.store(gate, 0, count);
        Atomics.notify(gate, 0);
        allocate(registry, count);
        while (Atomics.load(gate, 1) === 0);
      };
      return [
        { key: 'one', name: 'threads: 2, one allocates', run: (count) => allocate(registry, count), operations: 3 },
        { key: 'two', name: 'threads: 2, an attached one does so too', run: both, operations: 6 },
        { key: 'alone', name: 'one thread', run: (count) => allocate(alone, count), operations: 3 },
      ];
    },
  },
  matmul256: matmul(256),
  matmul512: matmul(512),
  blur: {
    title: `gaussian_blur of ${width} x ${height}, sigma 2, by threads`,
    engines,
    first: 1,
    cases: () =>
      share('gaussian_blur', (registry) => {
        const [picture, out] = [registry.u8(width * height), registry.u8(width * height)];
        return [noise(picture), out, width, height, 2];
      }),
  },
  luma: {
    title: `rgba_to_luma of ${width} x ${height}, by threads`,
    engines,
    first: 1,
    async cases() {
      // The second half goes to the worker and comes back, without a copy on the way; it has to be copied out of the
      // picture and into it, for only whole buffers can be posted.
      const post = await poster();
      const rgba = noise(new Uint8Array(4 * width * height));
      const grey = new Uint8Array(width * height);
      const middle = grey.length / 2;
      let half = { rgba: new Uint8Array(4 * middle), out: new Uint8Array(middle) };
      return [
        ...(await share('rgba_to_luma', (registry) => [
          noise(registry.u8(4 * width * height)),
          registry.u8(width * height),
        ])),
        { key: 'loop', name: 'plain JavaScript', scope: { luma, rgba, grey }, body: 'luma(rgba, grey);' },
        {
          key: 'half',
          name: 'plain JavaScript, half of it posted',
          async run(count) {
            for (let i = 0; i < count; i++) {
              half.rgba.set(rgba.subarray(4 * middle));
              const done = post(half, [half.rgba.buffer, half.out.buffer]);
              luma(rgba.subarray(0, 4 * middle), grey.subarray(0, middle));
              half = await done;
              grey.set(half.out, middle);
            }
          },
        },
      ];
    },
  },
  call4: call('4 pixels', 16),
  call65536: call('256 x 256 pixels', 4 * 65536),
  hot: waking('at once after others', 0),
  cold: waking('after 5 ms of rest', 5),
  idle: {
    title: 'processor time of the whole process over 1 s',
    engines,
    async rows() {
      return [
        { key: 'none', name: 'no pool', values: { cores: await idle(0) } },
        { key: 'pool', name: 'a pool of 7 workers, idle', values: { cores: await idle(1) } },
      ];
    },
  },
};
