// What threads cost and bring: blocks of two threads at once, kernels shared by two, waking and calling a worker, and a pool
// that has nothing to do; beside one thread, and beside plain JavaScript that posts buffers to a worker.
// Node only; the last line of `--json` output is the table as JSON.
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Registry } from 'arena-bind';
import { buildModule } from '../dist/tools/driver.js';
import { print } from './print.mjs';
import * as harness from './race.mjs';
import { allocate, luma } from './threads.work.mjs';

const file = (name) => new URL(name, import.meta.url);
const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const rows = [];

const keyed = (cases) => cases.map(([name, run, operations], i) => ({ key: `${i}`, name, run, operations }));
async function race(title, cases, first) {
  const result = { title, rows: await harness.race(keyed(cases), first) };
  print(result);
  return [result];
}
async function sample(title, cases, rounds) {
  const result = { title, rows: await harness.sample(keyed(cases), rounds) };
  print(result);
  return [result];
}

const started = (workerData) => {
  const worker = new Worker(file('threads.worker.mjs'), { workerData });
  worker.unref();
  return worker;
};

// A worker of plain JavaScript: what is posted to it comes back, worked on.
const plain = started({});
let answered;
plain.on('message', (reply) => answered(reply));
const post = (message, buffers) =>
  new Promise((resolve) => {
    answered = resolve;
    plain.postMessage(message, buffers);
  });

const alone = await Registry.create();
const registry = await Registry.create({ threads: 2 });

// --- Blocks ---------------------------------------------------------------------------------------------------------

const gate = new Int32Array(new SharedArrayBuffer(8)); // [how many frames are asked for, 1 when they are done]
const attached = started({ handle: registry.handle({ name: 'the bench' }), gate });
const both = (count) => {
  Atomics.store(gate, 1, 0);
  Atomics.store(gate, 0, count);
  Atomics.notify(gate, 0);
  allocate(registry, count);
  while (Atomics.load(gate, 1) === 0);
};
rows.push(
  ...(await race('a block of 128 floats, three to a frame', [
    ['threads: 2, one allocates', (count) => allocate(registry, count), 3],
    ['threads: 2, an attached one does so too', both, 6],
    ['one thread', (count) => allocate(alone, count), 3],
  ])),
);
await attached.terminate();

// --- Kernels that threads share -------------------------------------------------------------------------------------

const repeat = (run) => (count) => {
  for (let i = 0; i < count; i++) run();
};

/** A race of a kernel on one and on two threads; `given` makes its arguments, `more` are cases of plain JavaScript. */
async function share(title, kernel, given, more = []) {
  const cases = [alone, registry].map((where) => {
    const args = given(where);
    const run = where.bind(kernel);
    return [`threads: ${where.stats.threads}`, repeat(() => run(...args)), 1];
  });
  rows.push(...(await race(title, [...cases, ...more], 1)));
  alone.reset();
  registry.reset();
}

const noise = (view) => {
  for (let i = 0, seed = 1; i < view.length; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
    view[i] = seed >>> 24;
  }
  return view;
};

for (const n of [256, 512]) {
  await share(`matmul of ${n} x ${n}`, 'matmul', (registry) => {
    const [a, b, out] = [1, 2, 3].map(() => registry.f32(n * n));
    return [noise(a), noise(b), out, n, n, n];
  });
}

const [width, height] = [1920, 1080];
await share('gaussian_blur of 1920 x 1080, sigma 2', 'gaussian_blur', (registry) => {
  const [picture, out] = [registry.u8(width * height), registry.u8(width * height)];
  return [noise(picture), out, width, height, 2];
});

// The second half goes to the worker and comes back, without a copy on the way; it has to be copied out of the picture
// and into it, for only whole buffers can be posted.
const rgba = noise(new Uint8Array(4 * width * height));
const grey = new Uint8Array(width * height);
const middle = grey.length / 2;
let half = { rgba: new Uint8Array(4 * middle), out: new Uint8Array(middle) };
await share(
  'rgba_to_luma of 1920 x 1080',
  'rgba_to_luma',
  (registry) => [noise(registry.u8(4 * width * height)), registry.u8(width * height)],
  [
    ['plain JavaScript', repeat(() => luma(rgba, grey)), 1],
    [
      'plain JavaScript, half of it posted',
      async (count) => {
        for (let i = 0; i < count; i++) {
          half.rgba.set(rgba.subarray(4 * middle));
          const done = post(half, [half.rgba.buffer, half.out.buffer]);
          luma(rgba.subarray(0, 4 * middle), grey.subarray(0, middle));
          half = await done;
          grey.set(half.out, middle);
        }
      },
      1,
    ],
  ],
);

// --- Calls of a worker ----------------------------------------------------------------------------------------------

for (const [size, bytes] of [
  ['4 pixels', 16],
  ['256 x 256 pixels', 4 * 65536],
]) {
  const [picture, out] = [noise(registry.u8(bytes)), registry.u8(bytes / 4)];
  let posted = { rgba: new Uint8Array(bytes), out: new Uint8Array(bytes / 4) };
  rows.push(
    ...(await race(
      `a worker turns ${size} grey, awaited`,
      [
        [
          'await registry.run(...)',
          async (count) => {
            for (let i = 0; i < count; i++) await registry.run('rgba_to_luma', picture, out);
          },
          1,
        ],
        [
          'plain JavaScript, buffers posted',
          async (count) => {
            for (let i = 0; i < count; i++) posted = await post(posted, [posted.rgba.buffer, posted.out.buffer]);
          },
          1,
        ],
      ],
      10,
    )),
  );
  registry.reset();
}

// --- Waking ---------------------------------------------------------------------------------------------------------

const { wasm } = await buildModule({ sources: [fileURLToPath(file('threads.cpp'))], threads: true }, { bare: true });
const waking = await Registry.create({ module: wasm, threads: 2, capacity: 1 << 20 });
const chunks = waking.bind('two_chunks');
const threads = waking.bind('two_threads');
const timed = (run, pause) => async () => {
  if (pause) await rest(pause);
  else for (let i = 0; i < 20; i++) run();
  const start = performance.now();
  const made = run();
  if (made) await made;
  return (performance.now() - start) * 1000;
};
for (const [when, pause] of [
  ['at once after others', 0],
  ['after 5 ms of rest', 5],
]) {
  const hot = async () => {
    for (let i = 0; i < 20; i++) await post({}, []);
    return timed(() => post({}, []), 1e-9)();
  };
  rows.push(
    ...(await sample(
      `waking a worker, ${when}`,
      [
        ['parallel_for of two empty chunks', timed(chunks, pause)],
        ['the same until both threads are in it', timed(threads, pause)],
        ['an empty message there and back', pause ? timed(() => post({}, []), pause) : hot],
      ],
      300,
    )),
  );
}

// --- A pool with nothing to do --------------------------------------------------------------------------------------

async function idle(name, count) {
  const pools = await Promise.all(
    Array.from({ length: count }, () => Registry.create({ threads: 8, capacity: 1 << 20 })),
  );
  await rest(200);
  const start = process.cpuUsage();
  const from = performance.now();
  await rest(2000);
  const { user, system } = process.cpuUsage(start);
  const cores = (user + system) / 1000 / (performance.now() - from);
  for (const pool of pools) pool.dispose();
  console.log(`  ${name.padEnd(44)}${cores.toFixed(4).padStart(10)} cores`);
  rows.push({ title: 'idle', name, cores });
}
console.log('\nprocessor time of the whole process over 2 s');
for (let round = 0; round < 3; round++) {
  await idle('nothing but what is above, idle', 0);
  await idle('and a pool of 7 workers, idle', 1);
}

waking.dispose();
alone.dispose();
registry.dispose();
if (process.argv.includes('--json')) console.log(JSON.stringify(rows));
