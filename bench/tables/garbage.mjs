// What frames leave on the JavaScript heap, and what it takes to collect it. Node only: it counts in V8 itself.

import { loop } from '../race.mjs';
import { frames } from './frame.mjs';

const FLOATS = 128;
const FRAMES = { registry: 1_000_000, raw: 1_000_000 };
const OTHERS = 100_000;
const KEYS = [
  'raw',
  'registry',
  'alloc',
  'view',
  'thi.ng',
  'pointers',
  'memory',
  'values',
  'cwrap',
  'ccall',
  'bindgen',
  'assembly',
  'reused',
  'fresh',
  'map',
];

/** What `count` frames allocate on the heap, which is what collections took away and what is there at the end. */
function profile(v8, run, count) {
  const profiler = new v8.GCProfiler();
  profiler.start();
  const start = v8.getHeapStatistics().used_heap_size;
  run(count);
  const end = v8.getHeapStatistics().used_heap_size;
  const { statistics } = profiler.stop();
  let before = start;
  let made = 0;
  let microseconds = 0;
  for (const { cost, beforeGC, afterGC } of statistics) {
    made += Math.max(0, beforeGC.heapStatistics.usedHeapSize - before);
    before = afterGC.heapStatistics.usedHeapSize;
    microseconds += cost;
  }
  return { collections: statistics.length, microseconds, made: made + end - before, more: end - start };
}

export const tables = {
  frames: {
    title: `garbage of frames of ${FLOATS} floats`,
    engines: ['node'],
    fresh: KEYS,
    async rows(key) {
      const v8 = await import('node:v8');
      const given = (await frames(FLOATS)).find((entry) => entry.key === key);
      if (given === undefined) throw new Error(`no frames of ${key}`);
      const run = loop(given.scope, given.body);
      const count = FRAMES[key] ?? OTHERS;
      for (let i = 0; i < 3; i++) {
        run(20_000);
        await new Promise((resolve) => setTimeout(resolve, 50)); // the optimizer works in the background
      }
      profile(v8, run, count / 10); // what the first use of the profiler allocates is not the frames' doing
      const { collections, microseconds, made, more } = profile(v8, run, count);
      const million = 1e6 / count;
      return [
        {
          key,
          name: given.name,
          values: {
            'collections per 1,000,000 frames': collections * million,
            'bytes of heap per frame': made / count,
            'ms of collecting per 1,000,000 frames': (microseconds / 1000) * million,
            ...(million === 1 ? { 'bytes of heap more at the end': more } : {}),
          },
        },
      ];
    },
  },
};
