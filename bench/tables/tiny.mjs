// Thousands of tiny blocks, and what a reset costs after them.
import { Registry } from 'arena-bind';
import { openRaw } from '../peers/raw.mjs';
import { pace, sample } from '../race.mjs';

const BLOCKS = 4096;
const MOST = 1_000_000;

async function scopes() {
  const { MemPool } = await import('../../build/bench/malloc.mjs');
  const { buffer, fixed } = await openRaw('dist/core.wasm'); // another one: a reset would take the pool's room
  const room = fixed(Uint8Array, 2 ** 24);
  return {
    ...(await openRaw('dist/core.wasm')),
    registry: await Registry.create(),
    pool: new MemPool({ buf: buffer, start: room.ptr, end: room.ptr + room.length }),
  };
}

const repeat = (text, end) => `for (let k = 0; k < ${BLOCKS}; k++) sink = (sink + ${text}) | 0; ${end}`;

export const tables = {
  blocks: {
    title: `${BLOCKS.toLocaleString('en')} blocks of 4 floats and a reset`,
    first: 1,
    async cases() {
      const scope = await scopes();
      // The cache takes some hundred frames to learn this many blocks.
      for (let frame = 0; frame < 300; frame++) {
        for (let k = 0; k < BLOCKS; k++) scope.registry.f32(4);
        scope.registry.reset();
      }
      return [
        {
          key: 'raw',
          name: 'bare exports, no view',
          body: repeat('exports.arena_alloc(arena, 16, 8)', 'exports.arena_reset(arena);'),
        },
        { key: 'registry', name: 'registry.f32(4)', body: repeat('registry.f32(4).length', 'registry.reset();') },
        {
          key: 'alloc',
          name: "registry.alloc('f32', 4)",
          body: repeat("registry.alloc('f32', 4).length", 'registry.reset();'),
        },
        {
          key: 'view',
          name: 'a new view with a property',
          body: `for (let k = 0; k < ${BLOCKS}; k++) {
              const address = exports.arena_alloc(arena, 16, 8);
              const view = new Float32Array(buffer, address, 4);
              view.ptr = address;
              sink = (sink + view.length) | 0;
            }
            exports.arena_reset(arena);`,
        },
        { key: 'thi.ng', name: '@thi.ng/malloc', body: repeat("pool.mallocAs('f32', 4).length", 'pool.freeAll();') },
        { key: 'fresh', name: 'new Float32Array(4)', body: repeat('new Float32Array(4).length', '') },
      ].map((entry) => ({ ...entry, scope, operations: BLOCKS }));
    },
  },
  reset: {
    title: 'one reset after blocks of 1 byte',
    engines: ['node'], // the clocks of browsers are too coarse for a single call
    async rows() {
      const raws = [await openRaw('dist/core.wasm'), await openRaw('dist/core.wasm')];
      const registries = [await Registry.create(), await Registry.create()];
      const now = () => Number(globalThis.process.hrtime.bigint()) / 1000;
      const bare = ({ exports, arena }, count) => {
        for (let i = 0; i < count; i++) exports.arena_alloc(arena, 1, 8);
      };
      const own = (registry, count) => {
        for (let i = 0; i < count; i++) registry.u8(1);
      };
      // As many blocks in all cases, the rest in another arena, and the same steps last: or what differed would be what
      // is in the caches.
      const timed =
        (fill, [one, other], count, reset) =>
        () => {
          fill(one, count - 1);
          fill(other, MOST - count);
          reset(other);
          fill(one, 1);
          reset(other);
          const start = now();
          reset(one);
          return now() - start;
        };
      const cases = [1, MOST].flatMap((count) => {
        const blocks = count.toLocaleString('en');
        return [
          {
            key: `registry ${count}`,
            name: `registry.reset(), ${blocks}`,
            run: timed(own, registries, count, (registry) => registry.reset()),
          },
          {
            key: `raw ${count}`,
            name: `bare export, ${blocks}`,
            run: timed(bare, raws, count, ({ exports, arena }) => exports.arena_reset(arena)),
          },
        ];
      });
      return sample(cases, pace.starts);
    },
  },
};
