// Structs from the C++ to the cursor: arrays, columns and tuples of a module that the driver has built.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transpileModule } from 'typescript';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { build } from '../../src-ts/driver/build.ts';
import { emitModule, emitTypes, inlineBytes } from '../../src-ts/driver/emit.ts';
import { type KernelModule, Registry, type StructArray } from '../../src-ts/index.ts';
import { Plan } from '../../src-ts/plan.ts';
import { expectZeroGarbage } from '../../src-ts/vitest/index.ts';
import { expectError } from '../ts/helpers.ts';

interface Particle {
  x: number;
  y: number;
  mass: number;
  id: bigint;
  kind: number;
  alive: boolean;
  charge: number;
}

let folder: string;
let module: KernelModule<any, any>;
let types: string;
let registry: Registry<any, any>;

beforeAll(async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const built = await build({ sources: ['test/driver/structs.cpp'], cwd: root, toolchain: 'emcc', capacity: 1 << 20 });
  types = emitTypes(built);
  const text = emitModule(built, { wasm: inlineBytes(built.wasm) });
  folder = mkdtempSync(join(tmpdir(), 'arena-bind-'));
  const file = join(folder, 'structs.mjs');
  const structs = new URL('../../src-ts/structs.ts', import.meta.url).href;
  writeFileSync(file, text.replace("'arena-bind/structs'", JSON.stringify(structs)));
  module = (await import(/* @vite-ignore */ pathToFileURL(file).href)).default;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  registry = Registry.createSync({ module });
});

const particles = (length: number | Partial<Particle>[]): StructArray<Particle> =>
  (registry.alloc as any)('Particle', length);

const sample = (i: number): Particle => ({
  x: i,
  y: -i / 2,
  mass: 1.5 * i + 0.1,
  id: BigInt(i) * 10_000_000_000n,
  kind: i % 256,
  alive: i % 3 !== 0,
  charge: i - 8,
});
const samples = (count: number) => Array.from({ length: count }, (_, i) => sample(i));

describe('an array of structs', () => {
  it('takes objects, is changed by C++ and gives objects back, field by field', () => {
    const array = particles(samples(16));
    expect(array.toObjects()).toEqual(samples(16));
    registry.bind('move')(array, 0.5, 2);
    const moved = (particle: Particle): Particle =>
      particle.alive ? { ...particle, x: particle.x + 0.5, y: particle.y + 2, id: particle.id + 1n } : particle;
    expect(array.toObjects()).toEqual(samples(16).map(moved));
  });

  it('has one cursor, moved by at(), and a second one for two elements at once', () => {
    const array = particles(samples(4));
    const cursor = array.at(1);
    expect(array.at(3)).toBe(cursor);
    expect(cursor.x).toBe(3);
    const other = array.at(0, 1);
    expect(other).not.toBe(cursor);
    [cursor.x, other.x] = [other.x, cursor.x];
    expect(array.toObjects().map(({ x }) => x)).toEqual([3, 1, 2, 0]);
  });

  it('converts what is stored as typed arrays do', () => {
    const array = particles(1);
    const particle = array.at(0);
    particle.kind = 257;
    particle.charge = 40_000;
    particle.x = 0.1;
    particle.id = -1n;
    particle.alive = true;
    expect({ ...array.toObjects()[0] }).toMatchObject({
      kind: 1,
      charge: -25536,
      x: Math.fround(0.1),
      id: -1n,
      alive: true,
    });
  });

  it('leaves bytes alone that ARENA_STRUCT does not name', () => {
    const array = particles(samples(2));
    array.bytes.fill(0);
    registry.bind('move')(array, 1, 1);
    expect(array.bytes.every((byte) => byte === 0)).toBe(true); // nobody is alive
    array.set([sample(1)], 1);
    registry.bind('move')(array, 1, 1);
    const [hidden] = new Float32Array(registry.memory.buffer, array.ptr + array.bytes.length - 4, 1);
    expect(hidden).toBe(1);
  });

  it('passes a part of itself', () => {
    const array = particles(samples(6));
    registry.bind('move')(array.subarray(4), 100, 0);
    expect(array.toObjects().map(({ x }) => x)).toEqual([0, 1, 2, 3, 104, 105]);
    expect(array.subarray(1, 3).length).toBe(2);
    expect(array.subarray(-2).toObjects()).toEqual(array.toObjects().slice(4));
    expect(array.subarray(4, 2).length).toBe(0);
  });

  it('is the same object in each frame, of the same place', () => {
    const seen = new Set();
    for (let frame = 0; frame < 5; frame++) {
      seen.add(particles(10));
      registry.reset();
    }
    expect(seen.size).toBeLessThanOrEqual(3);
  });

  it('is aligned as its C++ type is', () => {
    registry.u8(1);
    const wide = (registry.alloc as any)('Wide', 3);
    expect(wide.ptr % 64).toBe(0);
    expect(registry.bind('tag_all')(wide, 7)).toBe(0);
    expect(wide.toObjects()).toEqual([{ tag: 7 }, { tag: 8 }, { tag: 9 }]);
    expect(wide.bytes.length).toBe(3 * 64);
  });

  it('survives frames when it is persistent', () => {
    const kept = (registry.allocPersistent as any)('Particle', samples(3));
    for (let frame = 0; frame < 3; frame++) {
      particles(100);
      registry.bind('move')(kept, 1, 0);
      registry.reset();
    }
    expect(kept.at(1).x).toBe(4);
  });

  it('travels beside strings, views and hidden scratch memory', () => {
    const colors = (registry.alloc as any)('Color', [{ red: 1, green: 2, blue: 3 }, {}]);
    colors.at(1).green = 9;
    const before = registry.stats.used;
    expect(registry.bind('paint')('füße', colors, registry.f32([1, 0]))).toBe(6);
    expect(colors.toObjects()).toEqual([
      { red: 255, green: 2, blue: 7 },
      { red: 0, green: 9, blue: 7 },
    ]);
    expect(registry.stats.used - before).toBeLessThanOrEqual(16); // the string and the two floats, nothing of the scratch
  });

  it('does not fit: then nothing is allocated', () => {
    expect((registry.tryAlloc as any)('Particle', 1 << 20)).toBeNull();
    expectError(() => particles(1 << 20), 'ERR_OUT_OF_MEMORY', '1048576');
    expect(registry.stats.used).toBe(0);
  });
});

describe('a result that is a struct', () => {
  it('is a tuple of its fields: numbers, bigints, booleans', () => {
    expect([...registry.bind('masses')(particles(samples(4)))]).toEqual([0.1, 4.6, 4n, true]);
    expect([...registry.bind('masses')(particles(0))]).toEqual([0, 0, 0n, false]);
  });
});

describe('a plan', () => {
  it('takes arrays, columns and strings, and those of a frame are refused', () => {
    const before = particles(samples(2));
    const split = (registry.columns as any)('Particle', 2);
    const [move, drift, paint] = ['move', 'drift', 'paint'].map((name) => registry.bind(name)) as [any, any, any];
    expectError(() => Plan.record(registry, () => move(before, 1, 1)), 'ERR_STALE_VIEW', 'move: particles');
    expectError(() => Plan.record(registry, () => drift(split, 1)), 'ERR_STALE_VIEW', 'drift: particles');
    const plan = Plan.record(registry, () => {
      const array = particles(samples(4));
      const columns = (registry.columns as any)('Particle', 3);
      columns.alive.set([1, 0, 1]);
      columns.x.fill(0);
      const colors = (registry.alloc as any)('Color', 2);
      move(array.subarray(1), 0.5, 0);
      drift(columns, 2);
      paint('red', colors, registry.f32([1]));
      return { array, columns, colors };
    });
    const { array, columns, colors } = plan.value;
    registry.reset();
    registry.u8(100_000).fill(1);
    array.set(samples(4));
    plan.scalar(0, 'dx')[0] = 100;
    plan.run();
    expect(array.toObjects().map(({ x }) => x)).toEqual([0, 101, 102, 3]);
    expect([...columns.x]).toEqual([4, 0, 4]);
    expect([colors.at(1).red, plan.result(2)[0]]).toEqual([255, 3]);
    plan.dispose();
    expectError(() => array.at(0), 'ERR_STALE_VIEW');
  });
});

describe('columns', () => {
  const columns = (length: number, options?: { persistent?: boolean }) =>
    (registry.columns as any)('Particle', length, options);

  it('are views, one per field, that C++ sees as spans', () => {
    const set = columns(3);
    expect(Object.keys(set)).toEqual(['x', 'y', 'mass', 'id', 'kind', 'alive', 'charge']);
    expect([set.x, set.mass, set.id, set.alive, set.charge].map((view) => view.constructor)).toEqual([
      Float32Array,
      Float64Array,
      BigInt64Array,
      Uint8Array,
      Int16Array,
    ]);
    set.x.set([1, 2, 3]);
    set.alive.set([1, 0, 1]);
    set.charge.set([5, -6, 7]);
    set.mass.set([0.25, 0.5, 1]);
    registry.bind('drift')(set, 10);
    expect([...set.x]).toEqual([11, 2, 13]);
    expect([...set.charge]).toEqual([-5, 6, -7]);
    expect(registry.bind('total_mass')(set)).toBe(1.75);
  });

  it('may come from anywhere, as long as each view fits', () => {
    const one = registry.f32([1, 2]);
    const made = {
      x: one.subarray(0, 1),
      y: one.subarray(1),
      mass: registry.f64([0.5]),
      id: registry.i64([1n]),
      kind: registry.u8(1),
      alive: registry.u8([1]),
      charge: registry.i16([3]),
    };
    registry.bind('drift')(made, 1);
    expect([...one]).toEqual([2, 2]);
  });

  it('survive frames when they are persistent, and are the same object each frame otherwise', () => {
    const kept = columns(2, { persistent: true });
    kept.x.set([1, 2]);
    const seen = new Set();
    for (let frame = 0; frame < 5; frame++) {
      seen.add(columns(4));
      registry.reset();
    }
    expect([...kept.x]).toEqual([1, 2]);
    expect(seen.size).toBeLessThanOrEqual(3);
  });
});

describe('frames that repeat leave no garbage', () => {
  it('with cursors', async () => {
    const kept: StructArray<Particle> = (registry.allocPersistent as any)('Particle', samples(32));
    await expectZeroGarbage(registry, () => {
      const array = particles(32);
      for (let i = 0; i < array.length; i++) {
        const from = kept.at(i);
        const to = array.at(i);
        to.x = from.x * 0.5 + from.y;
        to.alive = from.alive;
        to.charge = from.charge + 1;
      }
      registry.reset();
    });
  });

  it('with calls on arrays and columns', async () => {
    const move = registry.bind('move');
    const drift = registry.bind('drift');
    await expectZeroGarbage(registry, () => {
      move(particles(32), 1, 1);
      const columns = (registry.columns as any)('Particle', 32);
      columns.alive.fill(1);
      drift(columns, 1);
      registry.reset();
    });
  });
});

describe('wrong uses are refused, and the next call works', () => {
  const move = (...args: any[]) => registry.bind('move')(...args);
  const drift = (...args: any[]) => registry.bind('drift')(...args);

  it('another struct, a view, an object, nothing', () => {
    const colors = (registry.alloc as any)('Color', 1);
    expectError(() => move(colors, 0, 0), 'ERR_INVALID_TYPE', 'particles', 'array of Color', 'Particle');
    expectError(
      () => move(registry.u8(48), 0, 0),
      'ERR_INVALID_TYPE',
      'particles',
      "registry.alloc('Particle', length)",
    );
    expectError(() => move({ x: 1 }, 0, 0), 'ERR_INVALID_TYPE', 'particles');
    expectError(() => move(undefined, 0, 0), 'ERR_INVALID_TYPE', 'particles');
    expectError(() => move(particles(1)), 'ERR_ARGUMENT_COUNT', '3');
    const array = particles([sample(1)]);
    move(array, 1, 0);
    expect(array.at(0).x).toBe(2);
  });

  it('an array of another registry, of a frame that has ended, of a disposed registry', () => {
    const other = Registry.createSync({ module });
    const foreign = (other.alloc as any)('Particle', 1);
    expectError(() => move(foreign, 0, 0), 'ERR_FOREIGN_VIEW', 'particles');
    const stale = particles(2);
    const bound = registry.bind('move');
    registry.reset();
    expectError(() => bound(stale, 0, 0), 'ERR_STALE_VIEW', 'particles');
    expectError(() => stale.at(0), 'ERR_STALE_VIEW', 'Particle');
    const live = particles(1);
    registry.dispose();
    expectError(() => live.at(0), 'ERR_DISPOSED');
    expectError(() => bound(live, 0, 0), 'ERR_DISPOSED');
  });

  it('elements outside of the array, and cursors there are not', () => {
    const array = particles(3);
    for (const index of [-1, 3, 0.5, Number.NaN, '0', undefined]) {
      expectError(() => array.at(index as number), 'ERR_INVALID_ARGUMENT', 'Particle', '0 to 2');
    }
    expectError(() => particles(0).at(0), 'ERR_INVALID_ARGUMENT', 'empty');
    for (const which of [-1, 8, 0.5]) expectError(() => array.at(0, which), 'ERR_INVALID_ARGUMENT', 'cursor');
  });

  it('data of wrong types, before anything is written', () => {
    const array = particles(samples(2));
    const wrong: [object, string][] = [
      [{ x: '1' }, 'x of element 1'],
      [{ id: 1 }, 'id of element 1'],
      [{ alive: 1 }, 'alive of element 1'],
    ];
    for (const [data, text] of wrong) {
      expectError(() => array.set([sample(9), data as Partial<Particle>]), 'ERR_INVALID_TYPE', text);
    }
    expectError(() => array.set([sample(9), null as never]), 'ERR_INVALID_TYPE', 'element 1');
    expect(array.toObjects()).toEqual(samples(2));
    const { used } = registry.stats;
    expectError(() => particles([{ x: '1' as never }]), 'ERR_INVALID_TYPE', 'x of element 0');
    expect(registry.stats.used).toBe(used);
  });

  it('data that is set past the end, before anything is written', () => {
    const array = particles(samples(2));
    expectError(() => array.set([sample(8), sample(9)], 1), 'ERR_INVALID_ARGUMENT', '2 elements from 1 on', 'of 2');
    for (const offset of [-1, 3, 0.5, Number.NaN]) {
      expectError(() => array.set([], offset), 'ERR_INVALID_ARGUMENT', `from ${offset} on`, 'Particle');
    }
    array.set([], 2);
    expect(array.toObjects()).toEqual(samples(2));
  });

  it('lengths that are none, names that are no struct', () => {
    for (const length of [-1, 1.5, Number.NaN, '3', null]) {
      expectError(() => particles(length as never), 'ERR_INVALID_LENGTH', 'Particle');
    }
    expectError(() => (registry.alloc as any)('Partical', 1), 'ERR_INVALID_TYPE', "did you mean 'Particle'?", 'f32');
    expectError(() => (registry.columns as any)('Partical', 1), 'ERR_INVALID_TYPE', "did you mean 'Particle'?");
    expectError(() => (registry.columns as any)('Particle', -1), 'ERR_INVALID_LENGTH');
  });

  it('columns that lack a field, have one of another type or length', () => {
    const whole = (registry.columns as any)('Particle', 2);
    const { y: _, ...lacking } = whole;
    expectError(() => drift(lacking, 1), 'ERR_INVALID_TYPE', 'particles.y', 'missing');
    expectError(() => drift({ ...whole, mass: registry.f32(2) }, 1), 'ERR_INVALID_TYPE', 'particles.mass', 'f64');
    expectError(() => drift({ ...whole, kind: registry.u8(3) }, 1), 'ERR_INVALID_LENGTH', 'particles.kind', '3', '2');
    expectError(() => drift({ ...whole, id: new BigInt64Array(2) }, 1), 'ERR_FOREIGN_VIEW', 'particles.id');
    expectError(() => drift(particles(2), 1), 'ERR_INVALID_TYPE', 'particles.x');
  });

  it('a bare wasm has no structs: it says where they come from', () => {
    const bare = Registry.createSync({ module: new WebAssembly.Module((module.wasm as () => any)()) });
    expectError(() => bare.bind('move'), 'ERR_BAD_MODULE', 'struct');
    expectError(() => (bare.alloc as any)('Particle', 1), 'ERR_INVALID_TYPE', 'Particle');
  });
});

it('may have names that mean something else in JavaScript and TypeScript', () => {
  const odd = (registry.alloc as any)('Kernels', [{ constructor: 1.5, prototype: 2, length: 3, function: 4 }]);
  const other = (registry.alloc as any)('function', [{ yield: 7 }]);
  expect(registry.bind('odd_names')(odd, other)).toBe(5.5);
  expect(odd.toObjects()).toEqual([{ constructor: 1.5, prototype: 2, length: 3, function: 4 }]);
  expect(other.at(0).yield).toBe(8);
  expect(types).toContain('export interface Kernels_ {\n  constructor: number;');
  expect(types).toContain('odd_names(let_: StructArray<Kernels_>, arguments_: StructArray<function_>): number;');
  expect(types).toContain('Kernels: StructTypes<Kernels_, Kernels_Columns>;');
  const { diagnostics } = transpileModule(types, { reportDiagnostics: true, fileName: 'structs.ts' });
  expect(diagnostics).toEqual([]);
});

it('has types with the fields, their comments and no hidden field', () => {
  expect(types).toContain('/**\n * A body in the plane.\n */\nexport interface Particle {\n  x: number;');
  expect(types).toContain('  id: bigint;\n  kind: number;\n  alive: boolean;');
  expect(types).not.toContain('hidden');
  expect(types).toContain('move(particles: StructArray<Particle>, dx: number, dy: number): void;');
  expect(types).toContain('masses(particles: StructArray<Readonly<Particle>>)');
  expect(types).toContain('[low: number, high: number, count: bigint, any: boolean]');
  expect(types).toContain('drift(particles: ParticleColumns, dx: number): void;');
});
