// What to reach: a row of a table against another row of the same one, or a count. `limit` is for every engine, or one for
// each; of several tables the worst counts.
import { KERNELS } from './tables/kernels.mjs';

/**
 * @typedef {object} Target
 * @property {string} figure
 * @property {string} against
 * @property {string | string[]} table
 * @property {string} row key
 * @property {string} [base] key of the row that it is divided by
 * @property {string} [value] which of the row's values, where it has no samples
 * @property {number | Record<string, number>} limit
 * @property {string[]} [engines] all when left out
 */

const NODE = ['node'];
const TEXTS = ['16', '1024', '65536', 'foreign'];

/** @type {Target[]} */
export const TARGETS = [
  {
    figure: 'collections in 1,000,000 frames',
    against: '-',
    table: 'garbage/frames',
    row: 'registry',
    value: 'collections per 1,000,000 frames',
    limit: 0,
    engines: NODE,
  },
  {
    figure: 'heap drift of 1,000,000 frames, bytes',
    against: '-',
    table: 'garbage/frames',
    row: 'registry',
    value: 'bytes of heap more at the end',
    limit: 16384,
    engines: NODE,
  },
  {
    figure: 'alloc, repeating frame',
    against: 'raw alloc export',
    table: 'alloc/repeating',
    row: 'f32',
    base: 'raw',
    limit: { node: 0.7, chromium: 0.8, firefox: 2 },
  },
  {
    figure: 'alloc, repeating frame',
    against: 'new view with a property',
    table: 'alloc/repeating',
    row: 'f32',
    base: 'view',
    limit: 0.1,
  },
  {
    figure: 'alloc, sizes that never repeat',
    against: 'new view with a property',
    table: 'alloc/changing',
    row: 'f32',
    base: 'view',
    limit: 1.2,
  },
  {
    figure: 'alloc, all element types mixed',
    against: 'raw alloc export',
    table: 'alloc/mixed',
    row: 'methods',
    base: 'raw',
    limit: { node: 0.9, chromium: 0.7, firefox: 2.5 },
  },
  ...[
    ['one kernel', 'one', { node: 1.15, chromium: 1.15, firefox: 1.6 }],
    ['six kernels', 'six', { node: 1.1, chromium: 1.15, firefox: 1.6 }],
    ['one shared call site', 'shared', { node: 0.9, chromium: 1.15, firefox: 1.6 }],
    ['36 call sites in one function', 'sites', 1.5],
  ].map(([name, table, limit]) => ({
    figure: `bound call with all checks, ${name}`,
    against: 'raw export',
    table: `call/${table}`,
    row: 'bound',
    base: 'raw',
    limit,
  })),
  {
    figure: '32 tiny kernel calls, recorded and replayed',
    against: '32 raw exports',
    table: 'plan/32x4',
    row: 'plan',
    base: 'raw',
    limit: { node: 0.8, chromium: 0.7, firefox: 0.6 },
  },
  ...[
    [128, { node: 1.05, chromium: 1.15, firefox: 1.35 }],
    [1024, { node: 1.03, chromium: 1.05, firefox: 1.1 }],
    [65536, 1],
    [1048576, 1],
  ].map(([floats, limit]) => ({
    figure: `frame of ${floats.toLocaleString('en')} floats`,
    against: 'raw exports, fixed views',
    table: `frame/${floats}`,
    row: 'registry',
    base: 'raw',
    limit,
  })),
  ...[
    [128, 1.6],
    [1024, 1.9],
    [65536, 1.6],
  ].map(([floats, limit]) => ({
    figure: `frame of ${floats.toLocaleString('en')} floats in shared memory`,
    against: 'the same, one thread',
    table: `shared/${floats}`,
    row: 'shared',
    base: 'one',
    limit,
  })),
  {
    figure: '4,096 tiny blocks and a reset',
    against: 'raw exports',
    table: 'tiny/blocks',
    row: 'registry',
    base: 'raw',
    limit: 2,
  },
  {
    figure: 'reset after 1,000,000 allocations',
    against: 'after 1',
    table: 'tiny/reset',
    row: 'registry 1000000',
    base: 'registry 1',
    limit: 1.1,
    engines: NODE,
  },
  {
    figure: 'each prebuilt kernel',
    against: 'native, same source',
    table: Object.keys(KERNELS).map((name) => `kernels/${name}`),
    row: 'wasm',
    base: 'native',
    limit: 1.3,
    engines: NODE,
  },
  ...[
    ['writeString', 'encode', 'TextEncoder'],
    ['readString', 'decode', 'TextDecoder'],
    ['writeJson', 'stringify', 'JSON and TextEncoder'],
    ['readJson', 'parse', 'TextDecoder and JSON'],
  ].map(([row, base, against]) => ({
    figure: row,
    against,
    table: TEXTS.map((text) => `text/${text}`),
    row,
    base,
    limit: 1.1,
  })),
  {
    figure: 'Registry without kernels, script and wasm',
    against: 'embind hello world, brotli',
    table: 'start/bytes',
    row: 'registry',
    base: 'embind',
    value: 'bytes',
    limit: 1,
    engines: NODE,
  },
  {
    figure: 'first create and frame',
    against: 'embind hello world',
    table: 'start/time',
    row: 'registry',
    base: 'embind',
    limit: 0.5,
  },
];
