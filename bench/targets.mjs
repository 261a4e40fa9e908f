// What to reach. `limit` is for every engine that has the table, or one for each.

/** @type {{ figure: string, against: string, table: string, row: string, base: string, limit: number | Record<string, number> }[]} */
export const TARGETS = [
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
];
