// Kernel calls recorded once and replayed by one call: what is repeated, what lives how long, and what is refused.
import { describe, expect, test } from 'vitest';
import { type AnyKernels, KernelError, processFrame, Registry } from '../../src-ts/index.ts';
import { Plan } from '../../src-ts/plan.ts';
import { bare, errorOf, expectError, wasm, withFixtures } from './helpers.js';

const withCore = (capacity = 1 << 20) => Registry.createSync({ module: wasm('core'), capacity }) as Registry;

describe('a replay', () => {
  test('makes the calls of the body again, on the same blocks', () => {
    const registry = withCore();
    const scale = registry.bind('scale');
    const add = registry.bind('add');
    let runs = 0;
    const plan = Plan.record(registry, () => {
      runs++;
      const input = registry.f32([1, 2, 3]);
      const scaled = registry.f32(3);
      const out = registry.f32(3);
      scale(input, scaled, 0.5);
      add(input, scaled, out);
      return { input, out };
    });
    const { input, out } = plan.value;
    expect([...out]).toEqual([1.5, 3, 4.5]);
    for (let round = 1; round < 5; round++) {
      registry.reset();
      registry.f32(1000).fill(NaN);
      input.fill(round);
      plan.run();
      expect([...out]).toEqual([1.5 * round, 1.5 * round, 1.5 * round]);
    }
    expect(runs).toBe(1);
  });

  test('leaves the statistics of frames as they were', () => {
    const registry = withFixtures();
    for (let frame = 0; frame < 3; frame++) {
      registry.f32(10);
      registry.reset();
    }
    const { cacheHits, cacheMisses, padding } = registry.stats;
    const plan = Plan.record(registry, () => {
      registry.bind('sum_bytes')(registry.writeString('\u20ac'.repeat(101)));
    });
    plan.run();
    expect(registry.stats).toMatchObject({ cacheHits, cacheMisses, padding, used: 0 });
  });

  test('passes what has been written for a scalar since', () => {
    const registry = withCore();
    const input = registry.allocPersistent('f32', [1, 2]);
    const out = registry.allocPersistent('f32', 2);
    const plan = Plan.record(registry, () => registry.bind('scale')(input, out, 0.5));
    const factor = plan.scalar(0, 'factor');
    expect(factor).toBeInstanceOf(Float32Array);
    expect([factor[0], factor.length]).toEqual([0.5, 1]);
    plan.run();
    expect([...out]).toEqual([0.5, 1]);
    factor[0] = 3;
    plan.run();
    plan.run();
    expect([...out]).toEqual([3, 6]);
    expect(plan.scalar(0, 'factor')).toBe(factor);
  });

  test('passes scalars of every type as C++ takes them', () => {
    const registry = withFixtures();
    const scalars = registry.bind('scalars') as any;
    const plan = Plan.record(registry, () => scalars(true, -1, 2, -3, 4, -5, 6, 0.5, 0.25, 1));
    const names = ['flag', 'i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'f32', 'f64', 'shape'];
    const cells = names.map((name) => plan.scalar(0, name));
    expect(cells.map((cell) => cell[0])).toEqual([1, -1, 2, -3, 4, -5, 6, 0.5, 0.25, 1]);
    expect(cells.map((cell) => cell.constructor.name)).toEqual([
      ...['Uint8Array', 'Int8Array', 'Uint8Array', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array'],
      ...['Float32Array', 'Float64Array', 'Uint8Array'],
    ]);
    const values = [0, -128, 255, -32768, 65535, -(2 ** 31), 2 ** 32 - 1, -1.5, 1e300, 0];
    for (const [i, value] of values.entries()) {
      (cells[i] as { 0: number })[0] = value;
      plan.run();
      const now = cells.map((cell) => cell[0]) as any[];
      expect(plan.result(0)[0]).toBe(scalars(now[0] === 1, ...now.slice(1)));
    }
    (cells[0] as { 0: number })[0] = 7;
    plan.run();
    expect(plan.result(0)[0]).toBe(scalars(true, ...values.slice(1)));
  });

  test.each([
    ['identity_i64', BigInt64Array, [-5n, 2n ** 63n - 1n, -(2n ** 63n)]],
    ['identity_u64', BigUint64Array, [5n, 2n ** 64n - 1n]],
    ['identity_u32', Uint32Array, [5, 2 ** 32 - 1]],
  ] as const)('%s: cells hold what a call passes and returns', (name, array, values) => {
    const registry = withFixtures();
    const kernel = registry.bind(name) as any;
    const plan = Plan.record(registry, () => kernel(values[0]));
    const value = plan.scalar<any>(0, 'value');
    const result = plan.result<any>(0);
    expect([value, result].map((cell) => cell instanceof array)).toEqual([true, true]);
    expect(result[0]).toBe(values[0]);
    for (const each of values) {
      value[0] = each;
      plan.run();
      expect(result[0]).toBe(each);
    }
  });

  test('stores results: those of scalars, and fields of tuples', () => {
    const registry = withFixtures();
    const plan = Plan.record(registry, () => {
      const data = registry.f32([3, -1, 2]);
      registry.bind('extremes')(data);
      registry.bind('everything')();
      registry.bind('is_positive')(-1);
      return data;
    });
    expect([plan.result(0, 'low')[0], plan.result(0, 'high')[0], plan.result(2)[0]]).toEqual([-1, 3, 0]);
    plan.value.set([7, 8, 9]);
    plan.scalar(2, 'value')[0] = 1;
    plan.run();
    expect([plan.result(0, 'low')[0], plan.result(0, 'high')[0], plan.result(2)[0]]).toEqual([7, 9, 1]);
    const fields = ['flag', 'small', 'big', 'real', 'wide'].map((field) => plan.result<any>(1, field)[0]);
    expect(fields).toEqual([1, -1, 4294967295, 0.5, -1n]);
  });

  test('keeps strings, short and long, in memory of its own', () => {
    const registry = withFixtures();
    const plan = Plan.record(registry, () => {
      for (const text of ['', 'short', 'gr\u00fc\u00df'.repeat(50)]) registry.bind('text_bytes')(text);
      registry.bind('sum_bytes')(registry.writeString('\u20ac'.repeat(100)));
      return registry.writeString('kept'.repeat(30));
    });
    const bytes = () => [0, 1, 2].map((call) => plan.result(call)[0]);
    expect(bytes()).toEqual([0, 5, 300]);
    const sum = plan.result(3)[0];
    expect(sum).toBe(100 * (0xe2 + 0x82 + 0xac));
    registry.u8(100_000).fill(7);
    plan.run();
    expect(bytes()).toEqual([0, 5, 300]);
    expect(plan.result(3)[0]).toBe(sum);
    expect(registry.readString(plan.value)).toBe('kept'.repeat(30));
    expect(registry.stats.used).toBeGreaterThanOrEqual(100_000);
  });

  test('calls plain exports with what they were called', () => {
    const registry = withFixtures();
    const plan = Plan.record(registry, () => {
      const input = registry.f32([1, 2]);
      const out = registry.f32(2);
      registry.bind('plain_scale_into')(input, out, 2, 0.5);
      registry.bind('plain_sum')(input);
      registry.bind('plain_wide')(1n);
      registry.bind('plain_ten')(registry.u8([1, 2]), 1, 2, 3, 4, 5, 6, 7, 8);
      registry.bind('plain_nothing')();
      return { input, out };
    });
    plan.value.input.set([4, 6]);
    plan.run();
    expect([...plan.value.out]).toEqual([2, 3]);
    expectError(() => plan.scalar(0, 'a3'), 'ERR_INVALID_ARGUMENT', 'plain_scale_into', 'ARENA_KERNEL');
    expectError(() => plan.result(1), 'ERR_INVALID_ARGUMENT', 'plain_sum', 'ARENA_KERNEL');
  });

  test('takes kernels with more parameters than callers are written for', () => {
    const registry = withFixtures();
    const plan = Plan.record(registry, () =>
      registry.bind('all_elements')(
        ...[registry.i8(1), registry.u8(2), registry.i16(3), registry.u16(4), registry.i32(5), registry.u32(6)],
        ...[registry.i64(7), registry.u64(8), registry.f64(9)],
      ),
    );
    plan.run();
    expect(plan.result(0)[0]).toBe(45);
  });

  test('lets kernels allocate in the arena as it stands, and reset takes that back', () => {
    const registry = withFixtures();
    const take = registry.bind('take_frame_memory');
    const plan = Plan.record(registry, () => {
      take(1000);
      registry.bind('use_scratch')(5000);
      registry.bind('sort_copy')(registry.f32([2, 1]), registry.f32(2));
    });
    registry.reset();
    const { used } = registry.stats;
    for (let round = 0; round < 3; round++) {
      const before = registry.u8(64);
      plan.run();
      const after = registry.u8(64);
      expect(registry.stats.used).toBe(used + 64 + 1000 + 64);
      const [address] = [plan.result(0)[0] as number];
      expect(address).toBe(before.ptr + 64);
      expect(after.ptr).toBeGreaterThanOrEqual(address + 1000);
      registry.reset();
      expect(registry.stats.used).toBe(used);
    }
  });

  test('works inside of frames', () => {
    const registry = withCore();
    const out = registry.allocPersistent('f32', 2);
    const frames = [registry.openFrame(), registry.openFrame()];
    const kept = registry.f32([5, 6]);
    const plan = Plan.record(registry, () => registry.bind('scale')(registry.f32([1, 2]), out, 2));
    expect([registry.isLive(kept), registry.stats.depth, [...kept]]).toEqual([true, 2, [5, 6]]);
    const scaled = registry.f32(2);
    registry.bind('scale')(kept, scaled, 2);
    expect([...scaled]).toEqual([10, 12]);
    out.fill(0);
    plan.run();
    for (const frame of frames.reverse()) frame.close();
    expect([...out]).toEqual([2, 4]);
    out.fill(0);
    processFrame(registry, () => plan.run());
    expect([...out]).toEqual([2, 4]);
  });

  test('finds the arena of its partition', () => {
    const registry = withFixtures();
    const part = registry.partition(1 << 14);
    const plan = Plan.record(part, () => {
      part.bind('take_frame_memory')(100);
      part.bind('sum_bytes')(part.u8([1, 2, 3]));
    });
    const { used } = registry.stats;
    part.reset();
    plan.run();
    expect([part.stats.used, registry.stats.used, plan.result(1)[0]]).toEqual([104, used, 6]);
    const failing = Plan.record(part, () => {
      part.bind('use_scratch')(100);
      part.bind('sum_bytes')(part.u8(3));
    });
    part.reset();
    failing.scalar(0, 'bytes')[0] = 1e6;
    expectError(() => failing.run(), 'ERR_OUT_OF_MEMORY', 'use_scratch', 'call 0');
    expect([part.stats.used, registry.stats.used]).toEqual([0, used]);
    failing.scalar(0, 'bytes')[0] = 10;
    failing.run();
    expect(registry.bind('take_frame_memory')(8)).toBeLessThan(part.u8(1).ptr);
  });

  test('is as long as the body: a thousand calls', () => {
    const registry = withCore();
    const state = registry.allocPersistent('f32', [0]);
    const one = registry.allocPersistent('f32', [1]);
    const add = registry.bind('add');
    const plan = Plan.record(registry, () => {
      for (let i = 0; i < 1000; i++) add(state, one, state);
    });
    plan.run();
    expect([plan.calls.length, state[0]]).toEqual([1000, 2000]);
  });
});

test('the calls of a plan say what was recorded', () => {
  const registry = withCore();
  const plan = Plan.record(registry, (same) => {
    const input = same.f32([1, 2]);
    const out = same.f32(2);
    same.bind('scale')(input, out, 0.5);
    return [input, out] as const;
  });
  const [input, out] = plan.value;
  expect(plan.calls).toEqual([{ kernel: 'scale', arguments: { in: input, out, factor: 0.5 } }]);
  expect(plan.calls[0]?.arguments.out).toBe(out);
});

test('calls that are made outside of the body are as before, and not part of it', () => {
  const registry = withCore();
  const scale = registry.bind('scale');
  const [input, out] = [registry.f32([1, 2]), registry.f32(2)];
  scale(input, out, 2);
  const plan = Plan.record(registry, () => scale(registry.f32([1]), registry.f32(1), 1));
  scale(input, out, 3);
  expect([...out]).toEqual([3, 6]);
  expect(plan.calls).toHaveLength(1);
  const again = registry.f32(2);
  expect(again.ptr).toBeGreaterThan(out.ptr);
  registry.reset();
  expectError(() => scale(input, out, 3), 'ERR_STALE_VIEW');
});

describe('what a plan may use', () => {
  test('blocks of its body are persistent; the frame is left as it was', () => {
    const registry = withCore();
    registry.f32(100);
    const { used, persistent } = registry.stats;
    const plan = Plan.record(registry, () => {
      const views = [registry.f32(8), registry.alloc('u8', 3, { align: 64 }), registry.f64([1, 2])] as const;
      registry.bind('scale')(views[0], views[0], 1);
      return views;
    });
    expect(registry.stats.used).toBe(used);
    expect(registry.stats.persistent).toBeGreaterThan(persistent);
    registry.reset();
    for (const view of plan.value) expect(registry.isLive(view)).toBe(true);
    expect(plan.value[1].ptr % 64).toBe(0);
    registry.bind('scale')(plan.value[0].subarray(2, 4), registry.f32(2), 1);
  });

  test('a view of a frame is refused, and so is a part of one and an address of one', () => {
    const registry = withFixtures();
    const before = registry.f32([1, 2]);
    const { cursor, tag } = (registry as any).cache;
    const fill = registry.bind('fill');
    const inside = ['inside the body of Plan.record', 'allocPersistent'];
    expectError(() => Plan.record(registry, () => fill(1, before)), 'ERR_STALE_VIEW', 'fill: out', ...inside);
    expectError(() => Plan.record(registry, () => fill(1, before.subarray(1))), 'ERR_STALE_VIEW', 'fill: out');
    const plain = registry.bind('plain_sum');
    expectError(() => Plan.record(registry, () => plain(before)), 'ERR_STALE_VIEW', 'plain_sum: argument 0');
    // Nothing ran, and all is as it was.
    expect([...before]).toEqual([1, 2]);
    expect([(registry as any).cache.cursor, (registry as any).cache.tag]).toEqual([cursor, tag]);
    fill(3, before);
    expect([...before]).toEqual([3, 3]);
    // Also where the body goes on as if nothing had been.
    const caught = () =>
      Plan.record(registry, () => {
        try {
          fill(1, before);
        } catch {}
        fill(1, registry.f32(1));
      });
    expectError(caught, 'ERR_STALE_VIEW', 'fill: out');
  });

  test('wrong arguments are told as in any call', () => {
    const registry = withFixtures();
    const fill = registry.bind('fill');
    const record = (...args: unknown[]) => Plan.record(registry, () => fill(...args));
    expectError(() => record(1), 'ERR_ARGUMENT_COUNT');
    expectError(() => record('1', registry.allocPersistent('f32', 1)), 'ERR_INVALID_ARGUMENT', 'fill: value');
    expectError(() => record(1, registry.allocPersistent('f64', 1)), 'ERR_INVALID_TYPE', 'fill: out');
    expectError(() => record(1, new Float32Array(1)), 'ERR_FOREIGN_VIEW', 'fill: out');
    expectError(() => Plan.record(registry, () => registry.bind('plain_sum')()), 'ERR_ARGUMENT_COUNT');
    expectError(() => Plan.record(registry, () => registry.bind('plain_nothing')(1)), 'ERR_ARGUMENT_COUNT');
  });

  test('a plan that is disposed of gives its blocks to the next one of the same registry, and their views go stale', () => {
    const registry = withCore(1 << 14);
    const scale = registry.bind('scale');
    let plan = Plan.record(registry, () => {
      const view = registry.f32(1000);
      scale(view, view, 1);
      return view;
    });
    const { persistent } = registry.stats;
    for (let round = 0; round < 20; round++) {
      const { value } = plan;
      plan.dispose();
      plan.dispose();
      expect(registry.isLive(value)).toBe(false);
      expectError(() => plan.run(), 'ERR_DISPOSED', 'this plan');
      expectError(() => scale(value, value, 1), 'ERR_STALE_VIEW');
      plan = Plan.record(registry, () => {
        const view = registry.f32(1000 - round);
        scale(view, view, 1);
        return view;
      });
      expect([plan.value.length, plan.value.ptr]).toEqual([1000 - round, value.ptr]);
      plan.run();
    }
    expect(registry.stats.persistent).toBe(persistent);
  });

  test('a block that another plan uses stays until that is disposed of too', () => {
    const registry = withCore();
    const scale = registry.bind('scale');
    const first = Plan.record(registry, () => {
      const view = registry.f32(4).fill(1) as ReturnType<typeof registry.f32>;
      scale(view, view, 1);
      return view;
    });
    const { value } = first;
    const part = value.subarray(1, 3);
    const second = Plan.record(registry, () => scale(part, part, 2));
    const another = () =>
      Plan.record(registry, () => {
        const view = registry.f32(4);
        scale(view, view, 1);
        return view;
      });
    first.dispose();
    expectError(() => scale(value, value, 1), 'ERR_STALE_VIEW');
    const third = another();
    expect(third.value.ptr).not.toBe(value.ptr);
    third.value.fill(5);
    second.run();
    expect([...third.value, ...part]).toEqual([5, 5, 5, 5, 4, 4]);
    second.dispose();
    expectError(() => Plan.record(registry, () => scale(part, part, 2)), 'ERR_STALE_VIEW', 'whose plan is disposed of');
    expect(another().value.ptr).toBe(value.ptr);
  });

  test('what a body took that came to nothing is there for the next', () => {
    const registry = withCore(1 << 14);
    const body = () => {
      registry.f32(1000);
      throw new Error('of the body');
    };
    expect(() => Plan.record(registry, body)).toThrow('of the body');
    const { persistent } = registry.stats;
    for (let round = 0; round < 20; round++) expect(() => Plan.record(registry, body)).toThrow('of the body');
    expect(registry.stats.persistent).toBe(persistent);
  });

  test('memory that does not suffice is an error, or null from tryAlloc', () => {
    const registry = withCore(1 << 12);
    expectError(() => Plan.record(registry, () => registry.f32(5000)), 'ERR_OUT_OF_MEMORY');
    const plan = Plan.record(registry, () => {
      const view = registry.f32(1);
      registry.bind('scale')(view, view, 1);
      return registry.tryAlloc('f32', 5000);
    });
    expect(plan.value).toBe(null);
  });
});

describe('a kernel that stops', () => {
  test.each([
    ['fail_plainly', [3], 'ERR_KERNEL_FAILED', 'no room for'],
    ['trap_in_scratch', [100], 'ERR_KERNEL_TRAP', 'trapped'],
    ['write_wild', [2 ** 31], 'ERR_KERNEL_TRAP', 'trapped'],
  ] as const)('%s cannot be recorded', (name, args, code, text) => {
    const registry = withFixtures();
    const kernel = registry.bind(name) as any;
    const { used } = registry.stats;
    expectError(() => Plan.record(registry, () => kernel(...args)), code, name, text);
    const caught = () =>
      Plan.record(registry, () => {
        registry.bind('table_sum')();
        try {
          kernel(...args);
        } catch {}
      });
    const error = expectError(caught, 'ERR_PLAN', name, 'as call 1');
    expect(error.cause).toBeInstanceOf(KernelError);
    expect([registry.stats.used, registry.bind('table_sum')()]).toEqual([used, 10]);
  });

  test('in a replay is named with its call: those before have happened, those after have not; the next run works', () => {
    const registry = withFixtures();
    const fill = registry.bind('fill');
    const top = registry.bind('stack_pointer')();
    const plan = Plan.record(registry, () => {
      const [first, last] = [registry.f32(1), registry.f32(1)];
      fill(1, first);
      registry.bind('use_scratch')(100);
      fill(1, last);
      return [first, last] as const;
    });
    const [first, last] = plan.value;
    const bytes = plan.scalar(1, 'bytes');
    const { used } = registry.stats;
    for (const value of [2 ** 31, 100, 2 ** 31, 50]) {
      first.fill(0);
      last.fill(0);
      bytes[0] = value;
      if (value < 2 ** 20) {
        plan.run();
        expect([first[0], last[0]]).toEqual([1, 1]);
        continue;
      }
      expectError(() => plan.run(), 'ERR_OUT_OF_MEMORY', 'use_scratch', 'call 1 of a plan', '0 to 2');
      expect([first[0], last[0], registry.stats.used]).toEqual([1, 0, used]);
      expect(registry.bind('stack_pointer')()).toBe(top);
    }
  });

  test('by a trap is named too, and the C stack is where it was', () => {
    const registry = withFixtures();
    const overflow = registry.bind('overflow_stack');
    const top = registry.bind('stack_pointer')();
    const plan = Plan.record(registry, () => {
      registry.bind('table_sum')();
      overflow(-1);
      registry.bind('plain_nothing')();
    });
    plan.scalar(1, 'depth')[0] = 0;
    const error = expectError(() => plan.run(), 'ERR_KERNEL_TRAP', 'overflow_stack', 'call 1 of a plan');
    expect((error as KernelError).kernel).toBe('overflow_stack');
    expect(registry.bind('stack_pointer')()).toBe(top);
    plan.scalar(1, 'depth')[0] = -1;
    plan.run();
  });
});

describe('what cannot be recorded', () => {
  const part = (registry: Registry<AnyKernels>) => registry.bind('fill')(1, registry.f32(1));

  test('no registry, or no function', () => {
    const registry = withFixtures();
    for (const [first, second] of [
      [undefined, () => {}],
      [{}, () => {}],
      [registry, undefined],
      [registry, registry],
    ]) {
      expectError(() => Plan.record(first as any, second as any), 'ERR_INVALID_ARGUMENT', 'expected a Registry');
    }
  });

  test('a body that calls nothing, or kernels of other registries alone', () => {
    const [registry, other] = [withFixtures(), withFixtures()];
    expectError(() => Plan.record(registry, () => {}), 'ERR_PLAN', 'called no kernel', 'registry.bind()');
    expectError(() => Plan.record(registry, () => part(other)), 'ERR_PLAN', 'called no kernel');
    part(registry);
  });

  test('a body that returns a promise', async () => {
    const registry = withFixtures();
    const body: any = async () => {
      part(registry);
      throw new Error('not reported');
    };
    expectError(() => Plan.record(registry, body), 'ERR_ASYNC_FRAME', 'await');
    part(registry);
  });

  test('a recording inside a recording, and a run inside one', () => {
    const [registry, other] = [withFixtures(), withFixtures()];
    const plan = Plan.record(registry, () => part(registry));
    const nested = () => Plan.record(registry, () => Plan.record(registry, () => part(registry)));
    expectError(nested, 'ERR_PLAN', 'Plan.record inside Plan.record');
    expectError(() => Plan.record(registry, () => plan.run()), 'ERR_PLAN', 'plan.run()');
    const both = Plan.record(registry, () => {
      part(registry);
      return Plan.record(other, () => part(other));
    });
    expect([both.calls.length, both.value.calls.length]).toEqual([1, 1]);
    plan.run();
    both.run();
    both.value.run();
  });

  test.each([
    ['reset', (registry: Registry<AnyKernels>) => registry.reset()],
    ['openFrame', (registry: Registry<AnyKernels>) => void registry.openFrame()],
    ['processFrame', (registry: Registry<AnyKernels>) => processFrame(registry, () => {})],
  ])('%s', (name, act) => {
    const registry = withFixtures();
    const outer = registry.openFrame();
    const kept = registry.f32([1]);
    const { epoch } = registry;
    const record = (careful: boolean) => () =>
      Plan.record(registry, () => {
        part(registry);
        try {
          act(registry);
        } catch (error) {
          if (!careful) throw error;
        }
      });
    expectError(record(false), 'ERR_PLAN', name, 'inside Plan.record');
    expectError(record(true), 'ERR_PLAN', name, 'inside Plan.record');
    expect([registry.isLive(kept), registry.epoch, registry.stats.depth]).toEqual([true, epoch, 1]);
    outer.close();
    expect([registry.isLive(kept), registry.epoch]).toEqual([false, epoch + 1]);
  });

  test('the end of a frame that was open before', () => {
    const registry = withFixtures();
    for (const depth of [1, 2]) {
      const frames = Array.from({ length: depth }, () => registry.openFrame());
      const record = () =>
        Plan.record(registry, () => {
          part(registry);
          frames.at(-1)?.close();
        });
      expectError(record, 'ERR_PLAN', depth === 1 ? 'reset()' : 'closed a frame');
      registry.reset();
    }
    part(registry);
  });

  test('the end of the registry', () => {
    const registry = withFixtures();
    const record = () =>
      Plan.record(registry, () => {
        part(registry);
        registry.dispose();
      });
    expectError(record, 'ERR_DISPOSED');
    expectError(() => part(registry), 'ERR_DISPOSED');
    expectError(() => Plan.record(registry, () => {}), 'ERR_DISPOSED');
  });

  test('a call of registry.run is one like any other where there is one thread', () => {
    const registry = withFixtures();
    const plan = Plan.record(registry, () => void registry.run('fill' as never, ...([1, registry.f32(1)] as never[])));
    expect(plan.calls.map(({ kernel }) => kernel)).toEqual(['fill']);
  });
});

describe('cells', () => {
  test('unknown calls, parameters and fields are named with what there is', () => {
    const registry = withFixtures();
    const plan = Plan.record(registry, () => {
      const data = registry.f32([1]);
      registry.bind('fill')(1, data);
      registry.bind('extremes')(data);
      registry.bind('is_positive')(1);
    });
    for (const call of [3, -1, 0.5, 'fill', undefined] as any[]) {
      expectError(() => plan.scalar(call, 'value'), 'ERR_INVALID_ARGUMENT', 'plan.scalar', '0 to 2');
      expectError(() => plan.result(call), 'ERR_INVALID_ARGUMENT', 'plan.result', '0 to 2');
    }
    expectError(() => plan.scalar(0, 'vlaue'), 'ERR_INVALID_ARGUMENT', 'of fill', "did you mean 'value'?");
    expectError(() => plan.scalar(0, 'out'), 'ERR_INVALID_ARGUMENT', 'view for out', 'write into its block');
    expectError(() => plan.scalar(1, 'x'), 'ERR_INVALID_ARGUMENT', 'expected one of none');
    expectError(() => plan.result(0), 'ERR_INVALID_ARGUMENT', 'of fill, returns nothing');
    expectError(() => plan.result(1), 'ERR_INVALID_ARGUMENT', 'tuple', 'low, high');
    expectError(() => plan.result(2, 'low'), 'ERR_INVALID_ARGUMENT', 'returns one bool');
  });
});

test('with its registry a plan ends', () => {
  const registry = withFixtures();
  const plan = Plan.record(registry, () => registry.bind('fill')(1, registry.f32(1)));
  registry.dispose();
  expectError(() => plan.run(), 'ERR_DISPOSED', 'this registry is disposed');
  plan.dispose();
  expectError(() => plan.run(), 'ERR_DISPOSED', 'this plan is disposed');
});

test('a registry without kernels has no plans', () => {
  const registry = bare();
  expect(errorOf(() => Plan.record(registry, () => registry.f32(1))).code).toBe('ERR_PLAN');
});
