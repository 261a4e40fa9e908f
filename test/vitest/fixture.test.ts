// The fixture `registry`: fresh for each test, typed, disposed afterwards.
import { describe, expect, expectTypeOf, type TestAPI } from 'vitest';
import { type AnyKernels, type KernelModule, type PrebuiltKernels, Registry } from '../../src-ts/index.ts';
import { it, type RegistryFixture, test, testWith } from '../../src-ts/vitest/index.ts';
import { wasm } from '../ts/helpers.ts';

const seen = new Set<Registry<any>>();

describe('each test that takes it', () => {
  test.for([1, 2, 3])('gets a registry of its own (%i)', (_, { registry }) => {
    expect(registry).toBeInstanceOf(Registry);
    expect(registry.stats.allocations).toBe(0);
    expect(seen.has(registry)).toBe(false);
    seen.add(registry);
    registry.f32(100);
    registry.allocPersistent('f32', 100);
  });

  it('finds those of earlier tests disposed', () => {
    expect(seen.size).toBe(3);
    for (const registry of seen) expect(() => registry.stats).toThrow(/disposed/);
  });

  test('may dispose its own', ({ registry }) => {
    registry.openFrame();
    registry.dispose();
  });

  test('may leave blocks without a frame', ({ registry }) => {
    registry.f32(4);
  });

  test('may leave frames that a reset has closed', ({ registry }) => {
    registry.openFrame();
    registry.reset();
  });
});

test('knows the prebuilt kernels', ({ registry }) => {
  expectTypeOf(registry).toEqualTypeOf<Registry<PrebuiltKernels>>();
  expectTypeOf(registry.bind('sum')).returns.toEqualTypeOf<number>();
});

interface Kernels {
  plain_nothing: () => void;
}
const module = wasm('fixtures');
const testFixtures = testWith<Kernels>({ module, capacity: 4096 });
const untyped = testWith({ module });

testFixtures('testWith takes the options of Registry.create', ({ registry }) => {
  expectTypeOf(registry).toEqualTypeOf<Registry<Kernels>>();
  expect(registry.capacity).toBe(4096);
  registry.bind('plain_nothing')();
});

untyped('without types any name can be bound', ({ registry }) => {
  expectTypeOf(registry).toEqualTypeOf<Registry<AnyKernels>>();
});

test('kernels and structs of a module come through', () => {
  interface Structs {
    Particle: { fields: { x: number }; columns: { x: Float32Array } };
  }
  const testModule = (module: KernelModule<Kernels, Structs>) => testWith({ module, capacity: 4096 });
  expectTypeOf(testModule).returns.toEqualTypeOf<TestAPI<RegistryFixture<Kernels, Structs>>>();
});

const extended = test.extend<{ gain: number }>({ gain: 0.5 });
extended('goes together with fixtures of the user', ({ registry, gain }) => {
  const view = registry.f32([2]);
  registry.bind('scale')(view, view, gain);
  expect(view[0]).toBe(1);
});
