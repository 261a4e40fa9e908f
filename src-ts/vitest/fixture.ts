// Vitest's `test` with a fresh registry for each test.
import { test as base, type TestAPI } from 'vitest';
import type { ViewCache } from '../cache.js';
import type { AnyKernels, KernelModule, PrebuiltKernels, RegistryOptions } from '../index.js';
import { Registry } from '../index.js';

/** What a test gets beside Vitest's own context. */
export interface RegistryFixture<K = PrebuiltKernels, S = unknown> {
  /** Made for this test and disposed after it. */
  registry: Registry<K, S>;
}

/**
 * Vitest's `test` with a fixture `registry`: a test that takes it gets a registry of its own, made with these options (as
 * `Registry.create` takes them) and disposed after the test. A test that leaves a frame open fails.
 */
export function testWith(options?: RegistryOptions & { module?: undefined }): TestAPI<RegistryFixture>;
export function testWith<K, S>(
  options: RegistryOptions & { module: KernelModule<K, S> },
): TestAPI<RegistryFixture<K, S>>;
export function testWith<K = AnyKernels>(options: RegistryOptions): TestAPI<RegistryFixture<K>>;
export function testWith(options: RegistryOptions = {}): TestAPI<RegistryFixture<any, any>> {
  return base.extend<RegistryFixture<any, any>>({
    registry: async ({ task, onTestFinished }, use) => {
      const registry = await Registry.create(options);
      let problem: string | undefined;
      // Not thrown below, as Vitest reports what comes from there twice. A test that has failed already stopped before it
      // could close its frames.
      onTestFinished(() => {
        if (problem !== undefined && task.result?.state !== 'fail') throw new Error(problem);
      });
      await use(registry);
      problem = openFrames(registry);
      registry.dispose();
    },
  });
}

/** Vitest's `test` with a fixture `registry` that has the prebuilt kernels; see `testWith`. */
export const test: TestAPI<RegistryFixture> = /* @__PURE__ */ testWith();

/** The same as `test`. */
export const it: TestAPI<RegistryFixture> = test;

function openFrames(registry: Registry<any, any>): string | undefined {
  const { depth, offset } = (registry as unknown as { cache: ViewCache }).cache;
  if (depth === 0) return undefined;
  const frames = depth === 1 ? 'a frame' : `${depth} frames`;
  const blocks = offset === 0 ? 'no block in use' : `blocks of ${offset} bytes in use`;
  return (
    `the test left ${frames} of its registry open, with ${blocks}: close each frame from openFrame() in a \`finally\`, ` +
    'or with `using`, or let processFrame do so'
  );
}
