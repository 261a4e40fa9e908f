// Compares cases side by side, in any engine: calibrated on the fastest of several runs after the optimizer is done, then run
// in rounds, shuffled anew in each, so that each sample has a partner from the same moment. A second copy of the first case,
// from a source of its own, shows how far ratios stray where nothing differs.
import { repetitions } from './figures.mjs';

/** What a race takes: the milliseconds of one sample, how many rounds, how long a case warms up; and how many single events. */
export const pace = { sample: 4, rounds: 31, warm: 60, starts: 11 };

const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
// Nanoseconds of processor time, of all threads; only in Node.
const cpu =
  globalThis.process?.cpuUsage &&
  (() => {
    const { user, system } = globalThis.process.cpuUsage();
    return (user + system) * 1000;
  });

async function time({ run, timed }, count) {
  if (timed) return timed(count);
  const start = performance.now();
  const made = run(count);
  if (made instanceof Promise) await made;
  return performance.now() - start;
}

// Engines optimize in the background, so there are pauses; and what has been optimized by the loop is optimized again by calls.
async function warm(entry, first) {
  for (let pause = 0; pause < 3; pause++) {
    const end = performance.now() + pace.warm / 3;
    do await time(entry, first);
    while (performance.now() < end);
    await rest(10);
  }
}

// How often to repeat a case in one sample. The fastest of several runs: a stall would make the samples too short.
async function calibrate(entry, first) {
  await warm(entry, first);
  for (let count = first; ; ) {
    const fastest = Math.min(await time(entry, count), await time(entry, count), await time(entry, count));
    if (fastest > pace.sample / 2) return repetitions(count, fastest, pace.sample);
    count *= fastest > 0.1 ? Math.ceil(pace.sample / fastest) : 10;
  }
}

// One sample: milliseconds, and nanoseconds of processor time. What was optimized only after its calibration would give short ones: it is taken again.
async function take(entry) {
  for (;;) {
    const before = cpu?.();
    const ms = await time(entry, entry.count);
    if (ms >= pace.sample / 2) return { ms, used: cpu && cpu() - before };
    entry.count = repetitions(entry.count, ms, pace.sample);
  }
}

let serial = 0;

/**
 * A function that repeats `body`, source text that sees the names of `scope`, `count` times, and returns what `body` has added
 * to `sink`. Its source is like no other: V8 would share the feedback, and the code, of two functions with the same text.
 */
export function loop(scope, body) {
  const name = `case_${++serial}`;
  const source = `const { ${Object.keys(scope).join(', ')} } = scope;
    return function ${name}(count) {
      let sink = 0;
      for (let i = 0; i < count; i++) { ${body} }
      return sink;
    }`;
  return new Function('scope', source)(scope);
}

/**
 * Races `cases`: { key, name, scope, body } as for `loop`, or { key, name, run } where `run(count)` repeats what is measured
 * and may return a promise, or { key, name, timed } where `timed(count)`
 * gives the milliseconds that it took; `operations` is how many things one repetition does, 1 when left out. What takes long
 * is repeated `first` times to begin with. Returns the samples of each case, in nanoseconds per operation.
 */
export async function race(cases, first = 100) {
  if (!(pace.rounds >= 1 && pace.sample > 0)) throw new Error(`no samples in ${JSON.stringify(pace)}`);
  const keys = new Set(cases.map(({ key }) => key));
  if (keys.size !== cases.length) throw new Error(`two cases are called the same: ${cases.map(({ key }) => key)}`);
  const control = { ...cases[0], key: 'control', name: 'the first one again' };
  const all = [];
  for (const given of [...cases, control]) {
    const entry = { operations: 1, first, ...given, samples: [], cpu: [] };
    if (entry.body !== undefined) entry.run = loop(entry.scope, entry.body);
    entry.count = await calibrate(entry, entry.first);
    all.push(entry);
  }
  for (let round = -1; round < pace.rounds; round++) {
    const order = all.map((entry) => [Math.random(), entry]).sort(([a], [b]) => a - b);
    for (const [, entry] of order) {
      const { ms, used } = await take(entry);
      if (round < 0) continue; // the first round finds every case and its data out of all caches
      const things = entry.count * entry.operations;
      entry.samples.push((ms * 1e6) / things);
      if (used !== undefined) entry.cpu.push(used / things);
    }
    await rest(1);
  }
  // Of what runs in another process it would say nothing.
  const hasCpu = cpu !== undefined && !all.some(({ timed }) => timed);
  return all.map(({ key, name, samples, cpu }) => ({ key, name, samples, ...(hasCpu ? { cpu } : {}) }));
}

/**
 * What single events take, in nanoseconds: `cases` are { key, name, run }, and `run()` gives the microseconds it took; in rounds,
 * shuffled anew in each.
 */
export async function sample(cases, rounds) {
  const all = cases.map((entry) => ({ ...entry, samples: [] }));
  for (let round = -3; round < rounds; round++) {
    const order = all.map((entry) => [Math.random(), entry]).sort(([a], [b]) => a - b);
    for (const [, { run, samples }] of order) {
      const took = await run();
      if (round >= 0) samples.push(took);
    }
  }
  return all.map(({ key, name, samples }) => ({ key, name, samples: samples.map((us) => us * 1e3) }));
}
