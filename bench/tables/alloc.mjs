// What a block costs.
import { Registry } from 'arena-bind';
import { openRaw } from '../peers/raw.mjs';

const ARRAYS = {
  f32: Float32Array,
  u8: Uint8Array,
  i16: Int16Array,
  f64: Float64Array,
  u32: Uint32Array,
  i32: Int32Array,
  i8: Int8Array,
  u16: Uint16Array,
  u8c: Uint8ClampedArray,
  i64: BigInt64Array,
  u64: BigUint64Array,
};
const TYPES = Object.keys(ARRAYS);

async function scopes() {
  const { exports, arena, buffer } = await openRaw('dist/core.wasm');
  return { registry: await Registry.create(), exports, arena, buffer };
}

const add = (expression) => `sink = (sink + ${expression}) | 0;`;
const thrice = (text) => `{ ${text} } `.repeat(3);

/** A frame of the same blocks, three of them, by each allocator. */
const cases = (scope, prepare, length) => [
  {
    key: 'raw',
    name: 'bare export, no view',
    scope,
    body: `${thrice(`${prepare} ${add(`exports.arena_alloc(arena, 4 * ${length}, 8)`)}`)} exports.arena_reset(arena);`,
    operations: 3,
  },
  {
    key: 'f32',
    name: 'registry.f32(n)',
    scope,
    body: `${thrice(`${prepare} ${add(`registry.f32(${length}).length`)}`)} registry.reset();`,
    operations: 3,
  },
  {
    key: 'alloc',
    name: "registry.alloc('f32', n)",
    scope,
    body: `${thrice(`${prepare} ${add(`registry.alloc('f32', ${length}).length`)}`)} registry.reset();`,
    operations: 3,
  },
  {
    key: 'view',
    name: 'a new view with a property',
    scope,
    body: `for (let k = 0; k < 3; k++) {
        ${prepare}
        const address = exports.arena_alloc(arena, 4 * ${length}, 8);
        const view = new Float32Array(buffer, address, ${length});
        view.ptr = address;
        ${add('view.length')}
      }
      exports.arena_reset(arena);`,
    operations: 3,
  },
];

export const tables = {
  repeating: {
    title: 'a block of 128 floats, three to a frame that repeats',
    cases: async () => cases(await scopes(), '', '128'),
  },
  changing: {
    title: 'a block whose size never repeats, three to a frame',
    cases: async () =>
      cases(
        { ...(await scopes()), random: new Int32Array(1) },
        'const size = ((random[0] = Math.imul(random[0], 1664525) + 1013904223) >>> 12) + 1;',
        'size',
      ),
  },
  mixed: {
    title: 'a block of 64 elements, one of each type to a frame',
    async cases() {
      const scope = {
        ...(await scopes()),
        ...Object.fromEntries(Object.values(ARRAYS).map((type) => [type.name, type])),
      };
      const frame = (expression) => TYPES.map((type) => add(expression(type))).join('\n');
      return [
        {
          key: 'raw',
          name: 'bare export, no view',
          body: `${frame((type) => `exports.arena_alloc(arena, ${64 * ARRAYS[type].BYTES_PER_ELEMENT}, 8)`)}
            exports.arena_reset(arena);`,
        },
        {
          key: 'methods',
          name: 'registry.f32(n), registry.u8(n), ...',
          body: `${frame((type) => `registry.${type}(64).length`)} registry.reset();`,
        },
        {
          key: 'alloc',
          name: 'registry.alloc(type, n)',
          body: `${frame((type) => `registry.alloc('${type}', 64).length`)} registry.reset();`,
        },
        {
          key: 'view',
          name: 'a new view with a property',
          body: `${TYPES.map(
            (type, i) => `const address${i} = exports.arena_alloc(arena, ${64 * ARRAYS[type].BYTES_PER_ELEMENT}, 8);
            const view${i} = new ${ARRAYS[type].name}(buffer, address${i}, 64);
            view${i}.ptr = address${i};
            ${add(`view${i}.length`)}`,
          ).join('\n')}
          exports.arena_reset(arena);`,
        },
      ].map((entry) => ({ ...entry, scope, operations: TYPES.length }));
    },
  },
};
