// An overflow of the stack in a thread of the pool, in a build with --debug: it is told, and nothing else is touched.
import { expect, test } from 'vitest';
import { Registry } from '../../dist/esm/node.js';
import { folder, make } from './helpers.js';

const SOURCE = `#include <arena_bind/kernel.hpp>
#include <arena_bind/parallel.hpp>

float deep(std::uint32_t depth) {
  volatile float kept[64] = {};
  kept[depth % 64] = 1;
  return depth == 0 ? kept[0] : deep(depth - 1) + kept[depth % 64];
}
ARENA_KERNEL(deep, depth)

float deep_on_all(std::uint32_t depth, std::span<float> out) {
  arena::parallel_for(out.size(), 1, [&](std::size_t i) { out[i] = deep(depth); });
  return out[0];
}
ARENA_KERNEL(deep_on_all, depth, out)
`;

test('an overflow of the stack in a worker is named by builds for debugging', async () => {
  const cwd = folder({ 'deep.cpp': SOURCE });
  const { threads } = await make({ cwd, sources: ['deep.cpp'], toolchain: 'emcc', debug: true, threads: true });
  const registry = await Registry.create({ module: threads as Uint8Array, threads: 4, capacity: 1 << 20 });
  try {
    const kept = registry.u32(1000).fill(7) as Uint32Array;
    const out = registry.f32(64);
    const overflow = {
      code: 'ERR_KERNEL_TRAP',
      message: expect.stringContaining('the stack of 65536 bytes overflowed'),
    };
    for (let round = 0; round < 3; round++) {
      const deep = Array.from({ length: 6 }, (_, i) => registry.run('deep', i % 2 ? 20 : 100_000));
      const ends = await Promise.allSettled(deep);
      for (const [i, end] of ends.entries()) {
        if (i % 2) expect(end).toEqual({ status: 'fulfilled', value: 21 });
        else expect(end).toMatchObject({ status: 'rejected', reason: overflow });
      }
      expect(() => registry.bind('deep_on_all')(100_000, out)).toThrow(expect.objectContaining(overflow));
      expect(registry.bind('deep_on_all')(20, out)).toBe(21);
      expect([...out]).toEqual(Array(64).fill(21));
    }
    expect(kept.every((word) => word === 7)).toBe(true);
  } finally {
    registry.dispose();
  }
});
