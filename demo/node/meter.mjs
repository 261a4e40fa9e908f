// Measures a job: an object with `frames`, start(), prepare(k), run() -> bytes of arena in use, finish(k).
// Node must run with --expose-gc.
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';

const slices = 60; // of a run; between them progress is shown, and that is not measured

function readHeap(into, i) {
  into[i] = process.memoryUsage().heapUsed;
}

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

function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/**
 * `heap` has, for each slice, the frame it ends at and the growth of the heap in it; null where a collection in the
 * slice makes that meaningless.
 */
export async function measure(job, { frames = job.frames, onProgress = () => {} } = {}) {
  const used = new Float64Array(frames);
  const times = new Float64Array(frames);
  const cuts = Array.from({ length: slices + 1 }, (_, i) => Math.round((i * frames) / slices));
  const heapUsed = new Float64Array(3);
  const growth = new Float64Array(slices);
  const started = new Float64Array(slices);
  const ended = new Float64Array(slices);

  const collected = [];
  const observer = new PerformanceObserver((list) => collected.push(...list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  globalThis.gc();
  await wait(20); // finishes what set-up left behind: sweeping, compilations, writes
  job.start();
  for (let i = 0; i < slices; i++) {
    onProgress((cuts[i] / frames) * 0.5);
    started[i] = performance.now();
    readHeap(heapUsed, 0);
    readHeap(heapUsed, 1); // what lies between these two is what a reading itself leaves
    runFrames(job, cuts[i], cuts[i + 1], used);
    readHeap(heapUsed, 2);
    growth[i] = heapUsed[2] - heapUsed[1] - (heapUsed[1] - heapUsed[0]);
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

/**
 * Runs both jobs, alike but for their size, in turn until the job itself has left nothing on the heap three times in a
 * row: the compiler, which works in the background, is done with it then. Ten times at most.
 */
export async function warmUp(small, job) {
  const unused = new Float64Array(1);
  for (let i = 0; i < 5000; i++) readHeap(unused, 0); // else it is compiled in the middle of a run
  for (let round = 0, clean = 0; round < 10 && clean < 3; round++) {
    await measure(small);
    const { heapBytesPerFrame } = await measure(job, { frames: Math.min(job.frames, 20) });
    clean = heapBytesPerFrame === 0 ? clean + 1 : 0;
  }
}
