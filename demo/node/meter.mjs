// Measures a job: an object with `frames`, start(), prepare(k), run() -> bytes of arena in use, finish(k).
// Node must run with --expose-gc.
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';

const slices = 60; // of a run; between them progress is shown, and that is not measured

const heapUsed = () => process.memoryUsage().heapUsed;

// Reading the clock leaves numbers on the heap. So a job runs twice: weighed without a clock, then timed.
function runFrames(job, from, to, used) {
  for (let k = from; k < to; k++) {
    job.prepare(k);
    used[k] = job.run();
    job.finish(k);
  }
}

function runTimed(job, from, to, times) {
  for (let k = from; k < to; k++) {
    job.prepare(k);
    const start = performance.now();
    job.run();
    times[k] = performance.now() - start;
    job.finish(k);
  }
}

/** Runs frames and returns by how many bytes the heap grew. */
function weigh(job, from, to, used) {
  const before = heapUsed();
  runFrames(job, from, to, used);
  return heapUsed() - before;
}

/** The least that weigh() returns for no frames: what its own reading of the heap leaves there. */
function ownWeight(job, used) {
  let least = Infinity;
  for (let i = 0; i < 100; i++) least = Math.min(least, weigh(job, 0, 0, used));
  return least;
}

function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/**
 * `heap` has, for each slice, the frame it ends at and the growth of the heap in it; null where a collection in the
 * slice makes that meaningless.
 */
export async function measure(job, onProgress = () => {}) {
  const { frames } = job;
  const used = new Float64Array(frames);
  const times = new Float64Array(frames);
  const cuts = Array.from({ length: slices + 1 }, (_, i) => Math.round((i * frames) / slices));
  const growth = new Float64Array(slices);
  const started = new Float64Array(slices);
  const ended = new Float64Array(slices);

  const collected = [];
  const observer = new PerformanceObserver((list) => collected.push(...list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  await wait(20); // finishes what set-up left behind: collections, compilations, writes
  globalThis.gc();
  const own = ownWeight(job, used);
  job.start();
  for (let i = 0; i < slices; i++) {
    onProgress((cuts[i] / frames) * 0.5);
    started[i] = performance.now();
    growth[i] = weigh(job, cuts[i], cuts[i + 1], used) - own;
    ended[i] = performance.now();
  }
  await wait(20); // the entries arrive later than the collections
  observer.disconnect();

  job.start();
  for (let i = 0; i < slices; i++) {
    onProgress(0.5 + (cuts[i] / frames) * 0.5);
    runTimed(job, cuts[i], cuts[i + 1], times);
  }
  onProgress(1);

  const inSlice = (entry, i) => entry.startTime >= started[i] && entry.startTime <= ended[i];
  const collections = collected.filter((entry) => growth.some((_, i) => inSlice(entry, i)));
  const heap = Array.from(growth, (bytes, i) => ({
    frame: cuts[i + 1],
    bytes: collections.some((entry) => inSlice(entry, i)) ? null : bytes,
  }));
  let [weighedFrames, weighedBytes] = [0, 0];
  for (const [i, { bytes }] of heap.entries()) {
    if (bytes === null) continue;
    weighedFrames += cuts[i + 1] - cuts[i];
    weighedBytes += bytes;
  }
  const nanoseconds = times.map((time) => time * 1e6);
  const sorted = nanoseconds.slice().sort();
  return {
    frames,
    times: nanoseconds,
    used,
    heap,
    collections: collections.length,
    heapBytesPerFrame: weighedFrames > 0 ? weighedBytes / weighedFrames : null,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
  };
}
