// Frames that end by themselves: processFrame and openFrame.
import { describe, expect, test } from 'vitest';
import { processFrame } from '../../src-ts/index.ts';
import { bare, expectError, withFixtures } from './helpers.ts';

test('a frame that a reset has closed stays apart from the next one', () => {
  const registry = bare();
  const first = registry.openFrame();
  registry.reset();
  const second = registry.openFrame();
  second.close();
  registry.f32(100);
  first.close(); // the outermost frame ends with what came after the reset
  expect(registry.stats.used).toBe(0);
});

describe('processFrame', () => {
  test('passes the registry, the arguments and the result through, and ends the frame', () => {
    const registry = bare();
    const result = processFrame(
      registry,
      (given, a: number, b: string) => {
        expect(given).toBe(registry);
        expect(registry.f32(4).fill(a)).toHaveLength(4);
        expect(registry.stats).toMatchObject({ used: 16, depth: 1 });
        return a + b;
      },
      2,
      'x',
    );
    expect(result).toBe('2x');
    expect(registry.stats).toMatchObject({ used: 0, depth: 0, epoch: 1 });
  });

  test.each([undefined, null, 0, '', false, [1], { a: 1 }, new Float32Array(2), () => 1])('passes on %o', (value) => {
    expect(processFrame(bare(), () => value)).toBe(value);
  });

  test('ends the frame when the body throws, whatever it throws', () => {
    const registry = bare();
    for (const thrown of [new Error('from the body'), 'text', undefined, null]) {
      let caught: unknown = 'nothing';
      try {
        processFrame(registry, () => {
          registry.f32(100);
          throw thrown;
        });
      } catch (error) {
        caught = error;
      }
      expect(caught).toBe(thrown);
      expect(registry.stats).toMatchObject({ used: 0, depth: 0 });
    }
    expect(registry.epoch).toBe(4);
  });

  test('ends the frame when a kernel in it stops', () => {
    const registry = withFixtures();
    for (const kernel of ['trap', 'fail_with_status']) {
      const view = processFrame(registry, () => {
        const inside = registry.f32(100);
        expect(() => registry.bind(kernel)()).toThrow(kernel);
        return inside.length;
      });
      expect(view).toBe(100);
      expect(() => processFrame(registry, () => registry.bind(kernel)(registry.f32(8)))).toThrow(kernel);
      expect(registry.stats).toMatchObject({ used: 0, depth: 0 });
    }
  });

  test('refuses to return a view that died with the frame', () => {
    const registry = bare();
    const bodies: (() => ArrayBufferView)[] = [
      () => registry.f32(4),
      () => registry.f32(0),
      () => registry.writeString('gone'),
      () => registry.f32(4).subarray(1),
      () => new DataView(registry.memory.buffer, registry.f32(4).ptr, 8),
      () => new Uint8Array(registry.memory.buffer, registry.f32(4).ptr, 16),
    ];
    for (const body of bodies) {
      expectError(() => processFrame(registry, body), 'ERR_FRAME_ESCAPE', 'view.slice()', 'persistent');
      expect(registry.stats).toMatchObject({ used: 0, depth: 0 });
    }
    const stale = registry.f32(4);
    registry.reset();
    expectError(() => processFrame(registry, () => stale), 'ERR_FRAME_ESCAPE');
  });

  test('returns what stays: copies, persistent blocks and their parts, views of others and of the whole memory', () => {
    const registry = bare();
    const other = bare().f32(3);
    const persistent = registry.allocPersistent('f32', 4);
    expect([...processFrame(registry, () => registry.f32([1, 2]).slice())]).toEqual([1, 2]);
    expect(processFrame(registry, () => persistent)).toBe(persistent);
    expect(processFrame(registry, () => persistent.subarray(1))).toHaveLength(3);
    expect(processFrame(registry, () => registry.allocPersistent('u8', [5]))[0]).toBe(5);
    expect(processFrame(registry, () => other)).toBe(other);
    expect(processFrame(registry, () => new Uint8Array(registry.memory.buffer)).buffer).toBe(registry.memory.buffer);
  });

  test('returns a view of the frame around it from an inner frame, but not its own', () => {
    const registry = bare();
    processFrame(registry, () => {
      const outer = registry.f32([1, 2, 3]);
      expect(processFrame(registry, () => outer)).toBe(outer);
      expect([...processFrame(registry, () => outer.subarray(1))]).toEqual([2, 3]);
      expectError(() => processFrame(registry, () => registry.f32(4)), 'ERR_FRAME_ESCAPE');
      expectError(() => processFrame(registry, () => registry.f32(4).subarray(2)), 'ERR_FRAME_ESCAPE');
      expect(registry.isLive(outer)).toBe(true);
      expect([...outer]).toEqual([1, 2, 3]);
      return 0;
    });
  });

  test('refuses a body that returns a promise, and reports its failure only once', async () => {
    const registry = bare();
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listen);
    const bodies: (() => unknown)[] = [
      async () => 1,
      async () => {
        throw new Error('late');
      },
      () => Promise.reject(new Error('rejected')),
      // biome-ignore lint/suspicious/noThenProperty: anything with `then` counts as a promise
      () => ({ then() {} }),
    ];
    for (const body of bodies) {
      expectError(() => processFrame(registry, body as () => number), 'ERR_ASYNC_FRAME', 'promise', 'Await first');
      expect(registry.stats).toMatchObject({ used: 0, depth: 0 });
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
  });

  test('nests: an inner frame takes back its own blocks and no others', () => {
    const registry = bare();
    processFrame(registry, () => {
      const outer = registry.u8([1, 2, 3]);
      const before = registry.stats.used;
      for (let round = 0; round < 5; round++) {
        const inner = processFrame(registry, () => {
          const block = registry.u8(100).fill(round);
          expect(block.ptr).toBe(outer.ptr + 8);
          return block[0];
        });
        expect(inner).toBe(round);
        expect(registry.stats).toMatchObject({ used: before, depth: 1 });
      }
      expect([...outer]).toEqual([1, 2, 3]);
      return 0;
    });
    expect(registry.stats).toMatchObject({ used: 0, epoch: 1 });
  });

  test('that throws in an inner frame leaves the outer one as it was', () => {
    const registry = bare();
    processFrame(registry, () => {
      const outer = registry.u8([1, 2, 3]);
      const inner = () =>
        processFrame(registry, () => {
          registry.u8(1000);
          throw new RangeError('inner');
        });
      expect(inner).toThrow(RangeError);
      expect(registry.stats).toMatchObject({ used: 8, depth: 1 });
      expect(registry.isLive(outer)).toBe(true);
      return 0;
    });
  });

  test('with a reset inside ends all the same, and takes back what came after the reset', () => {
    const registry = bare();
    processFrame(registry, () => {
      const before = registry.f32(4);
      registry.reset();
      expect(registry.isLive(before)).toBe(false);
      expect(registry.stats.depth).toBe(0);
      registry.f32(100);
    });
    expect(registry.stats).toMatchObject({ used: 0, depth: 0 });
    expectError(
      () =>
        processFrame(registry, () => {
          registry.reset();
          return registry.f32(4);
        }),
      'ERR_FRAME_ESCAPE',
    );
    processFrame(registry, () => {
      processFrame(registry, () => {
        registry.reset();
        registry.f32(10);
      });
      registry.f32(10);
    });
    expect(registry.stats).toMatchObject({ used: 0, depth: 0 });
  });

  test('closes inner frames that the body left open', () => {
    const registry = bare();
    processFrame(registry, () => {
      registry.f32(4);
      processFrame(registry, () => {
        registry.openFrame();
        registry.f32(4);
        registry.openFrame();
        registry.f32(4);
        expect(registry.stats).toMatchObject({ used: 48, depth: 4 });
      });
      expect(registry.stats).toMatchObject({ used: 16, depth: 1 });
      registry.openFrame();
    });
    expect(registry.stats).toMatchObject({ used: 0, depth: 0 });
    processFrame(registry, () => {
      registry.reset();
      registry.openFrame();
    });
    expect(registry.stats).toMatchObject({ used: 0, depth: 0 });
  });

  test('takes only a registry and a function', () => {
    const body = () => 1;
    for (const registry of [undefined, null, {}, 4, 'registry']) {
      expectError(() => processFrame(registry as never, body), 'ERR_INVALID_ARGUMENT', 'expected a Registry');
    }
    const registry = bare();
    for (const wrong of [undefined, null, {}, 4]) {
      expectError(() => processFrame(registry, wrong as never), 'ERR_INVALID_ARGUMENT', 'function');
    }
    expect(registry.stats).toMatchObject({ depth: 0, epoch: 0 });
    registry.dispose();
    expectError(() => processFrame(registry, body), 'ERR_DISPOSED');
  });

  test('survives a body that disposes the registry', () => {
    const registry = bare();
    const body = () => {
      registry.f32(4);
      registry.dispose();
      return 5;
    };
    expect(processFrame(registry, body)).toBe(5);
    expectError(() => registry.f32(4), 'ERR_DISPOSED');
  });
});

describe('openFrame', () => {
  test('works with using: the outermost frame ends with a reset, an inner one with a rewind', () => {
    const registry = bare();
    {
      using outer = registry.openFrame();
      expect(outer).toHaveProperty('close');
      const first = registry.f32(4);
      {
        using _inner = registry.openFrame();
        registry.f32(100);
        expect(registry.stats).toMatchObject({ used: 416, depth: 2, epoch: 0 });
      }
      expect(registry.stats).toMatchObject({ used: 16, depth: 1, epoch: 0 });
      expect(registry.isLive(first)).toBe(true);
    }
    expect(registry.stats).toMatchObject({ used: 0, depth: 0, epoch: 1 });
  });

  test('closes with using when something is thrown', () => {
    const registry = bare();
    expect(() => {
      using _frame = registry.openFrame();
      registry.f32(100);
      throw new RangeError('thrown');
    }).toThrow(RangeError);
    expect(registry.stats).toMatchObject({ used: 0, depth: 0 });
  });

  test('gives frames that close in any order: closing one closes those inside it', () => {
    const registry = bare();
    const [a, b, c] = [registry.openFrame(), registry.openFrame(), registry.openFrame()];
    const inner = registry.f32(4);
    b.close();
    expect(registry.stats).toMatchObject({ used: 0, depth: 1 });
    expect(registry.isLive(inner)).toBe(false);
    const outer = registry.f32(4);
    c.close(); // closed by b
    b.close();
    expect(registry.isLive(outer)).toBe(true);
    a.close();
    expect(registry.stats).toMatchObject({ used: 0, depth: 0, epoch: 1 });
    const implicit = registry.f32(4);
    a.close();
    b[Symbol.dispose]();
    expect(registry.isLive(implicit)).toBe(true);
    expect(registry.epoch).toBe(1);
  });

  test('closes an outermost frame that a reset has ended, with what came after the reset', () => {
    const registry = bare();
    {
      using _outer = registry.openFrame();
      using _inner = registry.openFrame();
      registry.reset();
      registry.f32(100);
    }
    expect(registry.stats).toMatchObject({ used: 0, depth: 0 });
  });

  test('makes views stale when their own frame closes, and not before', () => {
    const registry = withFixtures();
    const fill = registry.bind('fill');
    const frames = [];
    const views: ReturnType<typeof registry.f32>[] = [];
    for (let depth = 0; depth < 20; depth++) {
      frames.push(registry.openFrame());
      views.push(registry.f32(4));
    }
    for (let depth = 19; depth >= 0; depth--) {
      for (const [i, view] of views.entries()) {
        if (i <= depth) fill(i, view);
        else
          expectError(() => fill(0, view), 'ERR_STALE_VIEW', 'fill: out', 'a frame that has ended', 'allocPersistent');
      }
      frames[depth]?.close();
    }
    expect(registry.stats).toMatchObject({ used: 0, depth: 0 });
  });

  test('gives inner frames that repeat the same views', () => {
    const registry = bare();
    const seen = new Set<unknown>();
    for (let round = 0; round < 10; round++) {
      using _outer = registry.openFrame();
      registry.f32(4);
      for (let step = 0; step < 10; step++) {
        using _inner = registry.openFrame();
        const view = registry.f64([round, step]);
        expect([...view]).toEqual([round, step]);
        seen.add(view);
      }
      registry.u8(3);
    }
    expect(seen.size).toBeLessThanOrEqual(2); // the one seen first, and the one that is kept
  });

  test('on a disposed registry is refused, and closing a frame after disposal does nothing', () => {
    const registry = bare();
    const frame = registry.openFrame();
    registry.dispose();
    frame.close();
    frame[Symbol.dispose]();
    expectError(() => registry.openFrame(), 'ERR_DISPOSED');
  });
});
