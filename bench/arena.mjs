// What a block, a call and a frame cost, beside the bare exports of the same wasm and beside a new view for each block.
// Node only; the last line of `--json` output is the table as JSON.
import { readFileSync } from 'node:fs';
import { Registry } from 'arena-bind';
import { race } from './race.mjs';

const registry = await Registry.create();

// The same wasm by hand: the limit for anything built on it.
const module = new WebAssembly.Module(readFileSync(new URL('../dist/core.wasm', import.meta.url)));
const memory = new WebAssembly.Memory({ initial: 1040, maximum: 1040 });
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
const arena = exports.arena_open(registry.capacity);
exports._initialize();
const { buffer } = memory;

const FLOATS = 128;
const BYTES = FLOATS * 4;
const rows = [];

rows.push(
  ...(await race('a block of 128 floats, three to a frame', [
    [
      'bare export, no view',
      (count) => {
        for (let i = 0; i < count; i++) {
          exports.arena_alloc(arena, BYTES, 8);
          exports.arena_alloc(arena, BYTES, 8);
          exports.arena_alloc(arena, BYTES, 8);
          exports.arena_reset(arena);
        }
      },
      3,
    ],
    [
      'registry.f32(n)',
      (count) => {
        for (let i = 0; i < count; i++) {
          registry.f32(FLOATS);
          registry.f32(FLOATS);
          registry.f32(FLOATS);
          registry.reset();
        }
      },
      3,
    ],
    [
      "registry.alloc('f32', n)",
      (count) => {
        for (let i = 0; i < count; i++) {
          registry.alloc('f32', FLOATS);
          registry.alloc('f32', FLOATS);
          registry.alloc('f32', FLOATS);
          registry.reset();
        }
      },
      3,
    ],
    [
      'a new view with a property',
      (count) => {
        for (let i = 0; i < count; i++) {
          for (let k = 0; k < 3; k++) {
            const address = exports.arena_alloc(arena, BYTES, 8);
            const view = new Float32Array(buffer, address, FLOATS);
            view.ptr = address;
          }
          exports.arena_reset(arena);
        }
      },
      3,
    ],
  ])),
);

registry.reset();
const [a, b, sum] = [registry.f32(4), registry.f32(4), registry.f32(4)];
const add = registry.bind('add');
const bare = [1, 2, 3].map(() => {
  const address = exports.arena_alloc(arena, 16, 8);
  return Object.assign(new Float32Array(buffer, address, 4), { ptr: address });
});
rows.push(
  ...(await race('a call of add(a, b, out) on 4 floats', [
    [
      'bare export on views',
      (count) => {
        const [x, y, z] = bare;
        for (let i = 0; i < count; i++) exports.add(x.ptr, x.length, y.ptr, y.length, z.ptr, z.length);
      },
      1,
    ],
    [
      'bound kernel, all checks',
      (count) => {
        for (let i = 0; i < count; i++) add(a, b, sum);
      },
      1,
    ],
    [
      'bind and call',
      (count) => {
        for (let i = 0; i < count; i++) registry.bind('add')(a, b, sum);
      },
      1,
    ],
  ])),
);
registry.reset();

for (const floats of [128, 1024, 65536]) {
  const data = new Float32Array(floats).map(Math.sin);
  const result = new Float32Array(floats);
  exports.arena_reset(arena);
  const [input, output] = [1, 2].map(() => {
    const address = exports.arena_alloc(arena, floats * 4, 8);
    return Object.assign(new Float32Array(buffer, address, floats), { ptr: address });
  });
  rows.push(
    ...(await race(`a frame: ${floats} floats in, apply_filter, out, reset`, [
      [
        'bare exports, fixed views',
        (count) => {
          for (let i = 0; i < count; i++) {
            input.set(data);
            exports.apply_filter(input.ptr, input.length, output.ptr, output.length);
            result.set(output);
          }
        },
        1,
      ],
      [
        'registry',
        (count) => {
          for (let i = 0; i < count; i++) {
            const inputVec = registry.alloc('f32', data);
            const outputVec = registry.alloc('f32', data.length);
            registry.bind('apply_filter')(inputVec, outputVec);
            result.set(outputVec);
            registry.reset();
          }
        },
        1,
      ],
      [
        'plain JavaScript, a new array',
        (count) => {
          for (let i = 0; i < count; i++) {
            const last = data.length - 1;
            const filtered = new Float32Array(data.length);
            for (let k = 0; k <= last; k++) {
              const before = data[Math.max(k - 2, 0)] + data[Math.min(k + 2, last)];
              const beside = data[Math.max(k - 1, 0)] + data[Math.min(k + 1, last)];
              filtered[k] = before * 0.0625 + beside * 0.25 + data[k] * 0.375;
            }
            result.set(filtered);
          }
        },
        1,
      ],
    ])),
  );
}

if (process.argv.includes('--json')) console.log(JSON.stringify(rows));
