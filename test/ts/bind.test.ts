// Kernels: what they take, what they return, and what happens when one stops.
import { describe, expect, test } from 'vitest';
import { type ErrorCode, KernelError } from '../../src-ts/index.ts';
import { ARRAYS, bare, errorOf, expectError, TYPES, withFixtures } from './helpers.ts';

describe('bind', () => {
  test('gives the same function each time, with the name and number of parameters of the kernel', () => {
    const registry = withFixtures();
    const fill = registry.bind('fill');
    for (let frame = 0; frame < 3; frame++) {
      expect(registry.bind('fill')).toBe(fill);
      registry.reset();
    }
    expect([fill.name, fill.length]).toEqual(['fill', 2]);
    expect(withFixtures().bind('fill')).not.toBe(fill);
  });

  test('refuses names that the module does not export, with the nearest one', () => {
    const registry = withFixtures();
    expectError(
      () => registry.bind('fil'),
      'ERR_UNKNOWN_KERNEL',
      '"fil"',
      "did you mean 'fill'?",
      'sort_copy',
      'plain_sum',
    );
    expectError(() => registry.bind('Fill'), 'ERR_UNKNOWN_KERNEL', "did you mean 'fill'?");
    for (const slip of ['text_byts', 'text_byets', 'tex_bytes', 'test_bytes', 'text__bytes']) {
      expectError(() => registry.bind(slip), 'ERR_UNKNOWN_KERNEL', "did you mean 'text_bytes'?");
    }
    expect(errorOf(() => registry.bind('txet_btyes')).message).not.toContain('did you mean'); // slips at two places
    const far = expectError(() => registry.bind('convolution'), 'ERR_UNKNOWN_KERNEL', '"convolution"', 'everything');
    expect(far.message).not.toContain('did you mean');
    const internals = ['arena_alloc', 'arena_kernel_fill', '_initialize', 'stackSave', '__errno_location', 'memory'];
    for (const name of [
      ...internals,
      '',
      'toString',
      '__proto__',
      'constructor',
      undefined,
      null,
      4,
      {},
      Symbol('fill'),
    ]) {
      expectError(() => registry.bind(name as string), 'ERR_UNKNOWN_KERNEL');
    }
    expectError(() => bare().bind('fill'), 'ERR_UNKNOWN_KERNEL', 'expected one of none');
  });
});

describe('spans', () => {
  test('of every type arrive with address and length, in any order with scalars', () => {
    const registry = withFixtures();
    const out = registry.f32(5);
    expect(registry.bind('fill')(2.5, out)).toBeUndefined();
    expect([...out]).toEqual([2.5, 2.5, 2.5, 2.5, 2.5]);
    const blocks = new Map(TYPES.map((type, i) => [type, registry.alloc(type, i + 1) as { length: number }]));
    const all = (['i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'i64', 'u64', 'f64'] as const).map((type) =>
      blocks.get(type),
    );
    expect(registry.bind('all_elements')(...all)).toBe(all.reduce((sum, view) => sum + (view?.length ?? 0), 0));
  });

  test('of bytes take u8 and u8c alike', () => {
    const registry = withFixtures();
    const sum = registry.bind('sum_bytes');
    expect([sum(registry.u8([1, 2])), sum(registry.u8c([300, 4])), sum(registry.u8c([9, 9]).subarray(1))]).toEqual([
      3, 259, 9,
    ]);
  });

  test('may be empty, parts of blocks, or persistent blocks and their parts', () => {
    const registry = withFixtures();
    const sum = registry.bind('sum_doubles');
    const block = registry.f64([1, 2, 3, 4]);
    const persistent = registry.allocPersistent('f64', [10, 20, 30]);
    expect([sum(block), sum(block.subarray(1, 3)), sum(block.subarray(4)), sum(registry.f64(0))]).toEqual([
      10, 5, 0, 0,
    ]);
    registry.reset();
    expect([sum(persistent), sum(persistent.subarray(1)), sum(persistent.subarray(3))]).toEqual([60, 50, 0]);
    const window = new Float64Array(registry.memory.buffer, registry.f64([7, 8]).ptr, 2);
    expect(sum(window)).toBe(15);
  });

  test('part of a block is stale once its frame has ended', () => {
    const registry = withFixtures();
    const part = registry.f64([1, 2, 3]).subarray(1);
    registry.reset();
    expectError(
      () => registry.bind('sum_doubles')(part),
      'ERR_STALE_VIEW',
      'sum_doubles: in',
      'a frame that has ended',
    );
    using _outer = registry.openFrame();
    const inner = registry.openFrame();
    const within = registry.f64([1, 2, 3]).subarray(1);
    expect(registry.bind('sum_doubles')(within)).toBe(5);
    inner.close();
    expectError(() => registry.bind('sum_doubles')(within), 'ERR_STALE_VIEW');
  });

  test('of a view from an earlier frame are refused, and say what to do', () => {
    const registry = withFixtures();
    const view = registry.f32([1, 2, 3]);
    registry.reset();
    expectError(
      () => registry.bind('fill')(1, view),
      'ERR_STALE_VIEW',
      'fill: out',
      "registry.allocPersistent('f32', ...)",
      'allocate it again',
    );
  });

  test('of views over anything else are refused, and say what to do', () => {
    const registry = withFixtures();
    const other = withFixtures();
    const foreign: [unknown, string][] = [
      [new Float32Array(4), 'Float32Array of 4 elements'],
      [new Float32Array(0), 'Float32Array of 0 elements'],
      [registry.f32(4).slice(), 'Float32Array of 4 elements'],
      [other.f32(4), 'Float32Array of 4 elements'],
      [other.f32(4).subarray(1), 'Float32Array of 3 elements'],
      [other.allocPersistent('f32', 4), 'Float32Array of 4 elements'],
      [new Float32Array(registry.memory.buffer, 0, 4), 'Float32Array of 4 elements'],
      [new Float32Array(registry.memory.buffer), 'outside this arena'],
      [new Float32Array(new SharedArrayBuffer(16)), 'Float32Array of 4 elements'],
    ];
    for (const [view, shown] of foreign) {
      expectError(() => registry.bind('fill')(1, view), 'ERR_FOREIGN_VIEW', 'fill: out', shown, 'registry.f32(...)');
    }
    expect(registry.isLive(registry.f32(4))).toBe(true);
  });

  test('of anything but a view of the right type are refused, and say how to make one', () => {
    const registry = withFixtures();
    const wrong: [unknown, string][] = [
      [registry.f64(4), 'Float64Array of 4 elements'],
      [registry.i32(4), 'Int32Array'],
      [registry.u8(16), 'Uint8Array of 16 elements'],
      [registry.u8(16).subarray(4), 'Uint8Array of 12 elements'],
      [registry.allocPersistent('u32', 4), 'Uint32Array of 4 elements'],
      [new Float64Array(4), 'Float64Array of 4 elements'],
      [new DataView(registry.memory.buffer, registry.f32(4).ptr, 16), 'DataView'],
      [registry.memory.buffer, 'an ArrayBuffer'],
      [[1, 2, 3], 'an array of 3 elements'],
      [registry.f32(4).ptr, String(registry.f32(4).ptr - 16)],
      [null, 'null'],
      ['text', '"text"'],
      [{ ptr: 8, tag: 0, length: 4 }, 'an Object'],
      [registry, 'a Registry'],
      [() => 1, 'a function'],
    ];
    for (const [value, shown] of wrong) {
      expectError(
        () => registry.bind('fill')(1, value),
        'ERR_INVALID_TYPE',
        'fill: out',
        shown,
        'expected a view of f32',
        'registry.f32(...)',
      );
    }
    expectError(() => registry.bind('sum_bytes')(registry.i8(4)), 'ERR_INVALID_TYPE', 'expected a view of u8');
  });
});

describe('scalars', () => {
  const FINE = [true, -128, 255, -32768, 65535, -2147483648, 4294967295, 0.5, 0.25, 1];

  test('of every type arrive unchanged', () => {
    const registry = withFixtures();
    const { reduce } = Array.prototype;
    expect(registry.bind('scalars')(...FINE)).toBe(reduce.call(FINE, (sum, value) => Number(sum) + Number(value), 0));
    expect(registry.bind('scalars')(false, 127, 0, 32767, 0, 2147483647, 0, -1.5, 1e300, 0)).toBe(
      127 + 32767 + 2147483647 - 1.5 + 1e300,
    );
    const u32 = registry.bind('identity_u32');
    expect([0, 1, 2 ** 31, 2 ** 32 - 1].map((value) => u32(value))).toEqual([0, 1, 2 ** 31, 2 ** 32 - 1]);
    const i64 = registry.bind('identity_i64');
    expect([-(2n ** 63n), -1n, 2n ** 63n - 1n].map((value) => i64(value))).toEqual([-(2n ** 63n), -1n, 2n ** 63n - 1n]);
    const u64 = registry.bind('identity_u64');
    expect([0n, 2n ** 63n, 2n ** 64n - 1n].map((value) => u64(value))).toEqual([0n, 2n ** 63n, 2n ** 64n - 1n]);
    const positive = registry.bind('is_positive');
    expect([1, -1, Number.NaN, Number.POSITIVE_INFINITY, 0].map((value) => positive(value))).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
  });

  test.each([
    ['flag', 0, [1, 0, 'true', null, 1n], 'a boolean (bool)'],
    ['i8', 1, [128, -129, 0.5, Number.NaN, true, 1n, '1', null], 'an integer from -128 to 127 (i8)'],
    ['u8', 2, [256, -1, 0.5, Number.POSITIVE_INFINITY], 'an integer from 0 to 255 (u8)'],
    ['i16', 3, [32768, -32769, 1.5], 'an integer from -32768 to 32767 (i16)'],
    ['u16', 4, [65536, -1, 1.5], 'an integer from 0 to 65535 (u16)'],
    ['i32', 5, [2 ** 31, -(2 ** 31) - 1, 2 ** 32, 0.1], 'an integer from -2147483648 to 2147483647 (i32)'],
    ['u32', 6, [2 ** 32, -1, 2 ** 53, 0.1], 'an integer from 0 to 4294967295 (u32)'],
    ['f32', 7, ['1', true, null, 1n, [1], {}], 'a number (f32)'],
    ['f64', 8, ['1', false, null, 1n, new Float64Array(1)], 'a number (f64)'],
    ['shape', 9, [256, -1, 'round'], 'an integer from 0 to 255 (u8)'],
  ])('refuses what %s cannot hold', (name, index, values, expected) => {
    const registry = withFixtures();
    for (const value of values as unknown[]) {
      const given: unknown[] = [...FINE];
      given[index] = value;
      expectError(
        () => registry.bind('scalars')(...given),
        'ERR_INVALID_ARGUMENT',
        `scalars: ${name} is`,
        `expected ${expected}`,
      );
    }
  });

  test('of 64 bits are bigints', () => {
    const registry = withFixtures();
    for (const value of [1, 2n ** 63n, -(2n ** 63n) - 1n, '1', null, true]) {
      expectError(() => registry.bind('identity_i64')(value), 'ERR_INVALID_ARGUMENT', 'value is', 'a bigint from');
    }
    for (const value of [1, -1n, 2n ** 64n]) {
      expectError(() => registry.bind('identity_u64')(value), 'ERR_INVALID_ARGUMENT', 'a bigint from 0');
    }
  });
});

describe('the number of arguments', () => {
  test('must be right', () => {
    const registry = withFixtures();
    const out = registry.f32(4);
    const calls: [string, unknown[], string][] = [
      ['fill', [], '0 came, value is undefined'],
      ['fill', [1], '1 came, out is undefined'],
      ['fill', [1, undefined], '1 came, out is undefined'],
      ['fill', [1, out, 2], 'more came'],
      ['fill', [1, out, 2, 3], 'more came'],
      ['trap', [1], 'more came'],
      ['everything', [1], 'more came'],
      ['scalars', [true], '1 came'],
      ['all_elements', Array(20).fill(out), 'more came'],
      ['text_bytes', [], '0 came, text is undefined'],
    ];
    for (const [kernel, args, came] of calls) {
      expectError(() => registry.bind(kernel)(...args), 'ERR_ARGUMENT_COUNT', `${kernel} takes`, came);
    }
    expectError(() => registry.bind('fill')(1), 'ERR_ARGUMENT_COUNT', 'takes the arguments (value: f32, out: f32[])');
  });
});

describe('strings', () => {
  test('are encoded into the frame, or passed as views', () => {
    const registry = withFixtures();
    const bytes = registry.bind('text_bytes');
    expect(['', 'hello', 'é', '😀', '\ud800'].map((text) => bytes(text))).toEqual([0, 5, 2, 4, 3]);
    expect(bytes(registry.writeString('hello'))).toBe(5);
    expect(bytes(registry.u8c(3))).toBe(3);
    registry.reset();
    bytes('12345678');
    expect(registry.stats).toMatchObject({ used: 8 });
    for (const value of [5, null, registry.i8(3), ['a'], new String('text')]) {
      expectError(() => bytes(value), 'ERR_INVALID_TYPE', 'text_bytes: text', 'a string or a view of u8');
    }
    expectError(() => bytes(new Uint8Array(2)), 'ERR_FOREIGN_VIEW');
    expectError(() => bytes('x'.repeat(registry.capacity)), 'ERR_OUT_OF_MEMORY');
  });
});

describe('tuples', () => {
  test('have the fields in order, each with its own type', () => {
    expect(withFixtures().bind('everything')()).toEqual([true, -1, 4294967295, 0.5, -1n]);
  });

  test('are distinct within a frame, and the same objects in each frame', () => {
    const registry = withFixtures();
    const extremes = registry.bind('extremes') as (view: unknown) => number[];
    const frame = () => {
      const tuples = [
        extremes(registry.f32([3, 1, 2])),
        extremes(registry.f32([-0.5])),
        extremes(registry.f32([9, 7])),
      ];
      expect(tuples).toEqual([
        [1, 3],
        [-0.5, -0.5],
        [7, 9],
      ]);
      registry.reset();
      return tuples;
    };
    const first = frame();
    expect(new Set(first).size).toBe(3);
    for (let round = 0; round < 5; round++) {
      for (const [i, tuple] of frame().entries()) expect(tuple).toBe(first[i]);
    }
    expect(registry.bind('everything')()).not.toBe(extremes(registry.f32([1])));
  });

  test('stay apart however many a frame makes', () => {
    const registry = withFixtures();
    const extremes = registry.bind('extremes') as (view: unknown) => number[];
    const view = registry.f32(1);
    const tuples = Array.from({ length: 3000 }, (_, i) => extremes(view.fill(i)));
    expect(tuples.every(([low, high], i) => low === i && high === i)).toBe(true);
    expect(new Set(tuples).size).toBe(3000);
  });
});

describe('plain exports', () => {
  test('take addresses for views, and the length of the only view when it is left out', () => {
    const registry = withFixtures();
    const sum = registry.bind('plain_sum');
    const view = registry.f32([1, 2, 3.5]);
    const persistent = registry.allocPersistent('f32', [10, 20]);
    expect([sum(view), sum(view, 2), sum(view.ptr, 3), sum(view.subarray(1)), sum(persistent)]).toEqual([
      6.5, 3, 6.5, 5.5, 30,
    ]);
    const out = registry.f32(2);
    registry.bind('plain_scale_into')(view, out, 2, 3);
    expect([...out]).toEqual([3, 6]);
    expect(registry.bind('plain_nothing')()).toBe(42);
    expect(registry.bind('plain_wide')(41n)).toBe(42n);
    const ten = registry.bind('plain_ten');
    const bytes = registry.u8([100, 50]);
    expect([ten(bytes, 1, 1, 1, 1, 1, 1, 1, 1, 2), ten(bytes, 1, 1, 1, 1, 1, 1, 1, 1)]).toEqual([158, 158]);
  });

  test('refuse wrong numbers of arguments', () => {
    const registry = withFixtures();
    const view = registry.f32(4);
    const calls: [string, unknown[]][] = [
      ['plain_sum', []],
      ['plain_sum', [view.ptr]],
      ['plain_sum', [view, 4, 4]],
      ['plain_scale_into', [view, view, 4]],
      ['plain_scale_into', [view]],
      ['plain_nothing', [1]],
      ['plain_ten', [view, 1]],
      ['plain_ten', Array(10).fill(1).concat(1)],
    ];
    for (const [kernel, args] of calls) {
      expectError(() => registry.bind(kernel)(...args), 'ERR_ARGUMENT_COUNT', `${kernel} takes`, ' came');
    }
  });

  test('refuse stale and foreign views, and what is neither number nor view', () => {
    const registry = withFixtures();
    const stale = registry.f32(4);
    const part = stale.subarray(1);
    registry.reset();
    for (const [kernel, rest] of [
      ['plain_sum', [4]],
      ['plain_ten', [1, 1, 1, 1, 1, 1, 1, 1, 1]],
    ] as const) {
      const call = (value: unknown) => () => registry.bind(kernel)(value, ...rest);
      expectError(call(stale), 'ERR_STALE_VIEW', `${kernel}: argument 0`);
      expectError(call(part), 'ERR_STALE_VIEW');
      expectError(call(new Float32Array(4)), 'ERR_FOREIGN_VIEW');
      expectError(call(withFixtures().f32(4)), 'ERR_FOREIGN_VIEW');
      for (const value of ['text', null, undefined, true, [1], {}, new DataView(registry.memory.buffer)]) {
        expectError(call(value), 'ERR_INVALID_ARGUMENT', 'expected a number, a bigint or a view');
      }
    }
    expectError(() => registry.bind('plain_wide')(41), 'ERR_INVALID_ARGUMENT', 'plain_wide', 'BigInt');
    expectError(() => registry.bind('plain_sum')(1n, 0), 'ERR_INVALID_ARGUMENT', 'plain_sum');
  });
});

describe('a kernel that stops', () => {
  const STOPS: [kernel: string, args: unknown[], code: ErrorCode, ...parts: string[]][] = [
    ['trap', [], 'ERR_KERNEL_TRAP', 'trap trapped', 'unreachable'],
    ['plain_trap', [], 'ERR_KERNEL_TRAP', 'plain_trap trapped'],
    ['overflow_stack', [1], 'ERR_KERNEL_TRAP', 'overflow_stack trapped', 'memory access out of bounds'],
    ['recurse', [1], 'ERR_KERNEL_TRAP', 'recurse trapped', 'call stack'],
    ['write_wild', [2 ** 32 - 1], 'ERR_KERNEL_TRAP', 'write_wild trapped', 'out of bounds'],
    ['trap_in_scratch', [4096], 'ERR_KERNEL_TRAP', 'trap_in_scratch trapped'],
    ['call_abort', [], 'ERR_KERNEL_FAILED', 'call_abort failed: abort() was called'],
    ['fail_plainly', [7], 'ERR_KERNEL_FAILED', 'fail_plainly failed: no room for 7 guests'],
    ['fail_with_status', [], 'ERR_KERNEL_FAILED', 'status seventeen'],
    ['fail_in_scratch', [1000], 'ERR_KERNEL_FAILED', 'failed with 1000 bytes of scratch'],
    ['use_scratch', [2 ** 31], 'ERR_OUT_OF_MEMORY', 'arena::alloc in use_scratch', '2147483648 bytes'],
    ['take_frame_memory', [2 ** 30], 'ERR_OUT_OF_MEMORY', 'take_frame_memory', '1073741824 bytes'],
  ];

  test.each(STOPS)('%s: the error names it, and the registry goes on as before', (kernel, args, code, ...parts) => {
    const registry = withFixtures();
    const stack = registry.bind('stack_pointer')();
    const kept = registry.f32([1, 2, 3]);
    const before = { ...registry.stats };
    const run = registry.bind(kernel);
    for (let round = 0; round < 100; round++) {
      const error = expectError(() => run(...args), code, ...parts);
      if (code !== 'ERR_OUT_OF_MEMORY') {
        expect(error).toBeInstanceOf(KernelError);
        expect(error).toMatchObject({ name: 'KernelError', kernel });
      }
    }
    expect(registry.bind('stack_pointer')()).toBe(stack);
    expect(registry.stats).toMatchObject({ used: before.used, persistent: before.persistent, epoch: 0, depth: 0 });
    expect([...kept]).toEqual([1, 2, 3]);
    registry.bind('fill')(4, kept);
    expect([...kept]).toEqual([4, 4, 4]);
    expect(registry.bind('use_scratch')(100)).toBe(7);
    registry.reset();
    expect(registry.bind('table_sum')()).toBe(10);
    expect([...registry.f32([5])]).toEqual([5]);
  });

  test("traps carry the engine's error and status 0, failures their own status", () => {
    const registry = withFixtures();
    const trap = errorOf(registry.bind('trap'));
    expect(trap).toMatchObject({ status: 0 });
    expect(trap.cause).toBeInstanceOf(WebAssembly.RuntimeError);
    expect(errorOf(() => registry.bind('fail_plainly')(1))).toMatchObject({ status: 1 });
    expect(errorOf(registry.bind('fail_with_status'))).toMatchObject({ status: 17 });
    // Not the last failure again.
    expect(errorOf(registry.bind('trap'))).toMatchObject({ code: 'ERR_KERNEL_TRAP', status: 0 });
  });

  test('with a message that is too long gets the beginning of it', () => {
    const error = errorOf(withFixtures().bind('fail_at_length'));
    expect(error.message).toBe(`fail_at_length failed: ${'0123456789abcdef'.repeat(20).slice(0, 244)}`);
  });

  test('for want of memory says how much was wanted, and leaves a frame that works', () => {
    const registry = withFixtures(4 << 20);
    expectError(
      () => registry.bind('exhaust_new')(),
      'ERR_OUT_OF_MEMORY',
      'operator new in exhaust_new',
      '1048576 bytes',
    );
    expect(registry.stats.used).toBe(0);
    expect(registry.stats.free).toBeLessThan((1 << 20) + 64);
    const error = errorOf(() => registry.bind('take_frame_memory')(2 ** 21));
    expect(error).toMatchObject({ code: 'ERR_OUT_OF_MEMORY', requested: 2 ** 21, capacity: 4 << 20 });
    const { free } = registry.stats;
    expect([...registry.f32([1, 2])]).toEqual([1, 2]);
    registry.reset();
    expect(registry.u8(free)).toHaveLength(free);
  });

  test('in an inner frame leaves both frames as they were', () => {
    const registry = withFixtures();
    using _outer = registry.openFrame();
    const a = registry.f32([1]);
    using _inner = registry.openFrame();
    const b = registry.f32([2]);
    for (const [kernel, args] of STOPS) {
      expect(() => registry.bind(kernel)(...args)).toThrow();
      expect(registry.stats).toMatchObject({ depth: 2, used: 16 });
      expect([registry.isLive(a), registry.isLive(b), ...a, ...b]).toEqual([true, true, 1, 2]);
    }
  });
});

test('blocks, kernels and texts beyond 2 GiB are as good as any', () => {
  const registry = withFixtures(3 * 2 ** 30);
  for (let frame = 0; frame < 4; frame++) {
    registry.u8(2.25 * 2 ** 30);
    const view = registry.f32([3, 1, 2]);
    expect(view.ptr).toBeGreaterThan(2 ** 31);
    const out = registry.f32(3);
    registry.bind('sort_copy')(view, out);
    expect([...out]).toEqual([1, 2, 3]);
    expect([registry.isLive(view), registry.isLive(view.subarray(1))]).toEqual([true, true]);
    expect(registry.bind('extremes')(view.subarray(1))).toEqual([1, 2]);
    expect(registry.bind('plain_sum')(view)).toBe(6);
    expect(registry.bind('take_frame_memory')(8)).toBe(out.ptr + 16);
    expect(registry.readString(registry.writeString('far'))).toBe('far');
    expectError(() => registry.bind('fail_in_scratch')(100), 'ERR_KERNEL_FAILED');
    registry.reset();
    expect(registry.isLive(view)).toBe(false);
  }
});

describe('memory that kernels take', () => {
  test('lies among the blocks of the frame, and goes with it', () => {
    const registry = withFixtures();
    for (let frame = 0; frame < 5; frame++) {
      const first = registry.u8(8);
      expect(registry.bind('take_frame_memory')(20)).toBe(first.ptr + 8);
      expect(registry.u8(8).ptr).toBe(first.ptr + 32);
      expect(registry.bind('use_scratch')(1000)).toBe(7);
      expect(registry.stats).toMatchObject({ used: 40 });
      registry.reset();
      expect(registry.stats).toMatchObject({ used: 0 });
    }
  });

  test('by operator new is given back, so that it stops growing', () => {
    const registry = withFixtures();
    const sort = registry.bind('sort_copy');
    const frame = () => {
      const out = registry.f32(100);
      sort(registry.f32(Array.from({ length: 100 }, (_, i) => (i * 37) % 100)), out);
      expect([...out]).toEqual(Array.from({ length: 100 }, (_, i) => i));
      registry.reset();
      return registry.stats.persistent;
    };
    const after = frame();
    for (let round = 0; round < 20; round++) expect(frame()).toBe(after);
  });

  test('static constructors run once, and what they made outlives every reset', () => {
    const registry = withFixtures();
    for (let frame = 0; frame < 3; frame++) {
      expect([registry.bind('constructions')(), registry.bind('table_sum')()]).toEqual([1, 10]);
      registry.u8(registry.stats.free).fill(255);
      registry.reset();
    }
  });
});

test('every array type is covered by the tests of spans', () => {
  const taken = withFixtures().kernels.flatMap(({ parameters }) =>
    parameters.filter(({ span }) => span).map(({ type }) => type),
  );
  for (const type of Object.keys(ARRAYS)) if (type !== 'u8c') expect(taken).toContain(type);
});

test('malloc, operator new and their kin serve every size and alignment, and stop growing', () => {
  const registry = withFixtures();
  const exercise = registry.bind('exercise_heap');
  expect(exercise()).toBe(0);
  const { persistent } = registry.stats;
  for (let i = 0; i < 50; i++) expect(exercise()).toBe(0);
  expect(registry.stats.persistent).toBe(persistent);
});
