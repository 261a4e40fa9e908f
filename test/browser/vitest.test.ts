// arena-bind/vitest in browser mode: what can be seen of the heap differs.
import { describe, expect } from 'vitest';
import { expectZeroGarbage, test } from '../../src-ts/vitest/index.ts';

// Chromium runs here with --enable-precise-memory-info; Firefox shows nothing of its heap.
const seen = 'memory' in performance ? 'heap' : 'views';
const data = Float32Array.from({ length: 128 }, (_, i) => Math.sin(i));
let sink: unknown;
let count = 0;

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

describe('zero garbage', () => {
  test('the lifecycle passes', ({ registry }) => {
    const output = new Float32Array(128);
    const report = expectZeroGarbage(registry, () => {
      const input = registry.f32(data);
      const smooth = registry.f32(data.length);
      registry.bind('apply_filter')(input, smooth);
      output.set(smooth);
    });
    expect(report).toMatchObject({ frames: 10_000, seen, collections: undefined });
  });

  test('lengths that never repeat are caught', ({ registry }) => {
    const message = messageOf(() => expectZeroGarbage(registry, () => void registry.f32(count++ % 1_000_000)));
    expect(message).toContain('1 new views of f32 per frame');
    if (seen === 'views') expect(message).toContain('the registry made 1 new views in each frame, expected none');
  });

  test('arrays and closures are caught where the heap is seen, and only there', ({ registry }) => {
    const array = () => {
      sink = new Float32Array(1);
    };
    const closure = () => {
      sink = () => sink;
    };
    for (const frame of [array, closure]) {
      const message = messageOf(() => expectZeroGarbage(registry, frame));
      if (seen === 'heap') expect(message).toMatch(/each frame left \d+(\.\d+)? bytes of garbage/);
      else expect(message).toBe('');
    }
  });
});

test('matchers and toEqual work on views', ({ registry }) => {
  const view = registry.f32([0.1, 0.2]);
  expect(view).toBeCloseToArray([0.1, 0.2]);
  expect(view).toEqualArray([Math.fround(0.1), Math.fround(0.2)]);
  expect(view).toEqual(new Float32Array([0.1, 0.2]));
  expect(messageOf(() => expect(view).toBeCloseToArray([0.1, 0.3]))).toContain('[1] received 0.2');
});
