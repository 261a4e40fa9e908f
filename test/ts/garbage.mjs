// Run by garbage.test.ts in a process of its own, so that nothing but these frames makes garbage. Each case runs
// between two forced collections: --trace-gc shows them and whatever lies between. With the argument `observe` the
// process counts collections itself. What it saw of each case goes to stderr as one JSON object.
import { readFileSync } from 'node:fs';
import { PerformanceObserver, performance } from 'node:perf_hooks';
import { processFrame, Registry } from 'arena-bind';
import { Plan } from 'arena-bind/plan';
import { Ring } from 'arena-bind/ring';

const registry = Registry.createSync();
const fixtures = Registry.createSync({
  module: readFileSync(new URL('../../build/fixtures.wasm', import.meta.url)),
  capacity: 1 << 20,
});
const shared = await Registry.create({ threads: 2 });
const part = registry.partition(1 << 16);
// A registry that is watched costs the others nothing, nor itself any garbage where nothing is timed.
const reported = await Registry.create({ capacity: 1 << 20 });
await reported.report();

const data = Float32Array.from({ length: 128 }, (_, i) => Math.sin(i));
const output = new Float32Array(128);
const coefficients = registry.allocPersistent('f32', [0.3, 0.2, 0.1, -0.2, 0.1]);
const state = registry.allocPersistent('f32', [0, 0]);
const TYPES = ['i8', 'u8', 'u8c', 'i16', 'u16', 'i32', 'u32', 'i64', 'u64', 'f32', 'f64'];
const ALIGNED = { align: 64 };
const ring = Ring.create(registry, 'f32', 1024);
const odd = new Float32Array(1000);
let sink = 0;

const record = (given) =>
  Plan.record(given, () => {
    const [input, out] = [given.f32(data), given.f32(data.length)];
    for (let i = 0; i < 16; i++) {
      given.bind('scale')(input, out, 0.5);
      given.bind('sum')(out);
    }
    return input;
  });
let plans;
let gain;
let total;

function smooth(given, input, factor) {
  const scaled = given.f32(input.length);
  given.bind('scale')(given.f32(input), scaled, factor);
  output.set(scaled);
  return output;
}

// Its own function, and a whole number: one function with registries of two kinds may be too much for the engine to inline,
// and a fraction that it passes to a function which it doesn't inline is boxed.
function doubled(given, input, factor) {
  const scaled = given.f32(input.length);
  given.bind('scale')(given.f32(input), scaled, factor);
  output.set(scaled);
  return output;
}

/** Name, times a frame runs, frame. */
export const CASES = [
  [
    'the lifecycle',
    1_000_000,
    () => {
      try {
        const inputVec = registry.alloc('f32', data);
        const outputVec = registry.alloc('f32', data.length);
        const filterFn = registry.bind('apply_filter');
        filterFn(inputVec, outputVec);
        output.set(outputVec);
      } finally {
        registry.reset();
      }
    },
  ],
  [
    '2,000 small blocks of all types',
    1000,
    () => {
      for (let i = 0; i < 2000; i++) {
        const type = TYPES[i % TYPES.length];
        if (i % 3 === 0) registry.alloc(type, (i * 7) % 31);
        else registry[type]((i * 5) % 29);
      }
      registry.reset();
    },
  ],
  [
    'nested frames',
    300_000,
    () => {
      const outer = registry.openFrame();
      try {
        const input = registry.f32(data);
        for (let i = 0; i < 2; i++) {
          const inner = registry.openFrame();
          try {
            const scaled = registry.f32(data.length);
            registry.bind('scale')(input, scaled, 0.5);
            registry.bind('add')(input, scaled, input);
          } finally {
            inner.close();
          }
        }
        output.set(input);
      } finally {
        outer.close();
      }
    },
  ],
  ['processFrame with arguments', 300_000, () => processFrame(registry, smooth, data, 0.7)],
  [
    'a tuple',
    300_000,
    () => {
      // Not destructured: the engine's iterator boxes the numbers that it reads.
      const range = registry.bind('min_max')(registry.f32(data));
      if (range[0] > range[1]) sink++;
      registry.reset();
    },
  ],
  [
    'scalars and persistent state',
    300_000,
    () => {
      const input = registry.f32(data);
      const out = registry.f32(data.length);
      registry.bind('biquad')(input, coefficients, state, out);
      registry.bind('multiply_add')(input, out, out, 0.25);
      output.set(out);
      registry.reset();
    },
  ],
  [
    'aligned blocks, strings, counters and checks',
    300_000,
    () => {
      const block = registry.alloc('f32', 100, ALIGNED);
      const text = registry.writeString('a few words');
      if (!registry.isLive(block) || registry.stats.used < 400 || text.length !== 11) sink++;
      registry.reset();
    },
  ],
  [
    'plain exports',
    300_000,
    () => {
      const input = fixtures.f32(data);
      fixtures.bind('plain_scale_into')(input, input, data.length, 0.5);
      fixtures.bind('plain_nothing')();
      fixtures.reset();
    },
  ],
  [
    'rings: quanta from outside and inside of the arena, and pieces that go over the end',
    100_000,
    () => {
      ring.write(data);
      const quantum = registry.f32(128);
      ring.read(quantum);
      ring.write(quantum);
      ring.read(output);
      ring.write(odd, 100, 441);
      ring.write(data, 5, 100);
      ring.write(quantum, 5, 100);
      sink += ring.read(odd, 200, 600) + ring.readable;
      ring.read(quantum, 0, 127);
      registry.reset();
    },
  ],
  // Last, since from here on engines see registries of two kinds in one place.
  [
    'the lifecycle in memory that threads share',
    200_000,
    () => {
      try {
        const inputVec = shared.alloc('f32', data);
        const outputVec = shared.alloc('f32', data.length);
        shared.u8(100_000);
        if (shared.writeString('a few words').length !== 11) sink++;
        shared.bind('apply_filter')(inputVec, outputVec);
        output.set(outputVec);
      } finally {
        shared.reset();
      }
    },
  ],
  [
    'frames, one inside another, in memory that threads share',
    100_000,
    () => {
      processFrame(shared, doubled, data, 2);
      const outer = shared.openFrame();
      shared.f32(64);
      const inner = shared.openFrame();
      shared.f32(64);
      shared.f64(4000);
      inner.close();
      shared.f32(64);
      outer.close();
    },
  ],
  [
    'a partition',
    200_000,
    () => {
      const inputVec = part.alloc('f32', data);
      const outputVec = part.alloc('f32', data.length);
      part.bind('apply_filter')(inputVec, outputVec);
      part.reset();
    },
  ],
  [
    'plans: scalars written, results read',
    300_000,
    () => {
      if (plans === undefined) {
        plans = [registry, shared, part].map(record);
        gain = plans[0].scalar(0, 'factor');
        total = plans[0].result(1);
      }
      gain[0] = 0.5;
      plans[0].value.set(data);
      for (let i = 0; i < 3; i++) plans[i].run();
      if (total[0] > 1e9) sink++;
    },
  ],
  [
    'frames that are watched for a report',
    200_000,
    () => {
      const inputVec = reported.alloc('f32', data);
      const outputVec = reported.f32(data.length);
      reported.bind('apply_filter')(inputVec, outputVec);
      reported.reset();
    },
  ],
  [
    'control: a copy in each frame',
    300_000,
    () => {
      sink += registry.f32(data).slice().length;
      registry.reset();
    },
  ],
];

const observing = process.argv.includes('observe');
const collections = [];
if (observing)
  new PerformanceObserver((list) => collections.push(...list.getEntries())).observe({ entryTypes: ['gc'] });

const repeat = (frame, times) => {
  for (let i = 0; i < times; i++) frame();
};
const turn = () => new Promise((resolve) => setTimeout(resolve, 10));

// The engine compiles code, and drops it again, when it sees fit, and counts that as heap; garbage of frames comes in
// every attempt.
const MOST_ATTEMPTS = 4;
const MOST_BYTES = 16 * 1024;

const report = {};
for (const [name, frames, frame] of CASES) {
  repeat(frame, frames / 5);
  await turn();
  repeat(frame, frames / 5);
  await turn();
  for (let attempts = 1; attempts <= MOST_ATTEMPTS; attempts++) {
    process.memoryUsage();
    gc();
    await turn();
    const start = performance.now();
    const before = process.memoryUsage().heapUsed;
    repeat(frame, frames);
    const bytes = process.memoryUsage().heapUsed - before;
    const end = performance.now();
    gc();
    // Until the collection that was forced has come through, and so all before it.
    while (observing && !collections.some(({ startTime }) => startTime >= end)) await turn();
    const seen = collections.filter(({ startTime }) => startTime >= start && startTime < end).length;
    report[name] = { frames, attempts, collections: seen, bytes };
    if (seen === 0 && Math.abs(bytes) <= MOST_BYTES) break;
  }
}
if (sink < 0) throw new Error('what the frames did was not needed');
console.error(JSON.stringify(report));
