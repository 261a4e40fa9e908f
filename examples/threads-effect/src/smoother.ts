// One frame: pixels into the arena, through the kernel, and out again.
import { processFrame, Registry } from 'arena-bind';
import kernels from './smooth.cpp';

export async function createSmoother() {
  const registry = await Registry.create({ module: kernels, threads: 'auto', capacity: 16 << 20 });
  const smooth = registry.bind('smooth');
  const { threads, oneThreadBecause } = registry.stats;

  return {
    /** How many threads share the work, and why it is only one. */
    threads: { count: threads, why: oneThreadBecause },

    /** Smooths `pixels`, by way of the arena: a picture can't lie in memory that threads share. */
    smooth({ data, width, height }: ImageData, radius: number, contrast: number): void {
      processFrame(registry, () => {
        const out = registry.u8c(data.length);
        smooth(registry.u8c(data), out, width, height, radius, contrast);
        data.set(out);
      });
    },
  };
}
