// Strings and JSON in the arena.
import { describe, expect, test, vi } from 'vitest';
import { bare, expectError, withFixtures } from './helpers.ts';

const TEXTS = [
  '',
  'plain ASCII',
  'Grüße, Ελλάδα, Здравствуйте',
  '日本語のテキスト',
  '😀👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  'mixed: aé日😀z',
  '\0 NUL and \ufeff a byte order mark',
  '\ufeff first',
  'x'.repeat(10_000),
  '😀'.repeat(5_000),
];

describe('writeString', () => {
  test('encodes as UTF-8, and readString gives the text back', () => {
    const registry = bare();
    for (let frame = 0; frame < 3; frame++) {
      for (const text of TEXTS) {
        const view = registry.writeString(text);
        expect(view).toBeInstanceOf(Uint8Array);
        expect(Buffer.from(view).equals(Buffer.from(text, 'utf8'))).toBe(true);
        expect(registry.readString(view)).toBe(text);
        expect(registry.isLive(view)).toBe(true);
      }
      registry.reset();
    }
  });

  test('encodes texts of every length alike, wherever what is not ASCII stands', () => {
    const registry = bare();
    for (let length = 0; length < 200; length++) {
      const plain = 'x'.repeat(length);
      for (const text of [plain, `é${plain}`, `${plain}é`, `${plain}\x7f`, `${plain}\x80${plain}`]) {
        const used = registry.stats.used;
        const view = registry.writeString(text);
        const bytes = Buffer.from(text, 'utf8');
        expect(Buffer.from(view).equals(bytes)).toBe(true);
        expect(registry.stats.used - used).toBe((bytes.length + 7) & ~7);
      }
      registry.reset();
    }
  });

  test('makes U+FFFD of lone surrogates', () => {
    const registry = bare();
    for (const [text, expected] of [
      ['\ud800', '\ufffd'],
      ['\udfff', '\ufffd'],
      ['a\ud83d', 'a\ufffd'],
      ['\ude00b', '\ufffdb'],
      ['\ud83d\ud83d\ude00', '\ufffd😀'],
    ] as const) {
      expect(registry.readString(registry.writeString(text))).toBe(expected);
    }
  });

  test('takes only the bytes of the text, as one block', () => {
    const registry = bare();
    const first = registry.writeString('aé日😀');
    expect(first).toHaveLength(1 + 2 + 3 + 4);
    expect(registry.stats).toMatchObject({ used: 16, peak: 16, allocations: 1 });
    expect(registry.u8(1).ptr).toBe(first.ptr + 16);
    expect(registry.writeString('')).toHaveLength(0);
    expect(registry.stats).toMatchObject({ used: 24, allocations: 3 });
    registry.reset();
    expect(registry.stats).toMatchObject({ used: 0, peak: 24, allocations: 3 });
  });

  test.each([
    ['a', 1],
    ['é', 2],
    ['日', 3],
    ['😀', 4],
    ['\ud800', 3],
  ])('of %j fills the rest of the arena exactly, and not one byte more', (letter, bytes) => {
    const registry = bare(240);
    registry.u8(120);
    const most = letter.repeat(120 / bytes);
    for (let frame = 0; frame < 4; frame++) {
      const rest = registry.writeString(most);
      expect(rest).toHaveLength(120);
      expect(registry.stats).toMatchObject({ free: 0 });
      registry.reset();
      registry.u8(120);
      const before = { ...registry.stats };
      const error = expectError(
        () => registry.writeString(`${most}a`),
        'ERR_OUT_OF_MEMORY',
        'UTF-16 units',
        '121 bytes',
      );
      expect(error).toMatchObject({ requested: 121, free: 120, capacity: 240 });
      expect(registry.stats).toMatchObject({ used: before.used, allocations: before.allocations, peak: before.peak });
    }
  });

  test('of a text far larger than the arena is out of memory', () => {
    const registry = bare(64);
    expectError(() => registry.writeString('x'.repeat(100_000)), 'ERR_OUT_OF_MEMORY', '100000 bytes');
    registry.u8(64);
    expectError(() => registry.writeString('x'), 'ERR_OUT_OF_MEMORY', '1 bytes', '0 of 64');
    expect(registry.writeString('')).toHaveLength(0);
  });

  test('takes strings alone', () => {
    const registry = bare();
    for (const [value, shown] of [
      [5, '5'],
      [undefined, 'undefined'],
      [null, 'null'],
      [['a'], 'an array of 1 elements'],
      [new String('a'), 'a String'],
      [registry.u8(2), 'Uint8Array of 2 elements'],
    ] as const) {
      expectError(() => registry.writeString(value as string), 'ERR_INVALID_TYPE', shown, 'expected a string');
    }
  });
});

describe('readString', () => {
  test('reads parts, clamped views and persistent blocks; malformed bytes become U+FFFD', () => {
    const registry = bare();
    expect(registry.readString(registry.writeString('hello world').subarray(6))).toBe('world');
    expect(registry.readString(registry.u8c([104, 105]))).toBe('hi');
    expect(registry.readString(registry.allocPersistent('u8', Buffer.from('kept')))).toBe('kept');
    expect(registry.readString(registry.u8([0x61, 0xff, 0x62]))).toBe('a\ufffdb');
    expect(registry.readString(registry.u8(0))).toBe('');
  });

  test('refuses what is stale, foreign, or no view of bytes', () => {
    const registry = bare();
    const stale = registry.writeString('gone');
    const part = stale.subarray(1);
    registry.reset();
    for (const read of ['readString', 'readJson'] as const) {
      expectError(() => registry[read](stale), 'ERR_STALE_VIEW', read);
      expectError(() => registry[read](part), 'ERR_STALE_VIEW', read);
      expectError(() => registry[read](new Uint8Array(4)), 'ERR_FOREIGN_VIEW', read);
      expectError(() => registry[read](bare().u8(4)), 'ERR_FOREIGN_VIEW', read);
      const views = [registry.allocPersistent('i8', 4), registry.allocPersistent('f32', 1)];
      for (const wrong of [...views, 'text', [1, 2], undefined, null, registry.memory.buffer]) {
        expectError(
          () => registry[read](wrong as unknown as Uint8Array),
          'ERR_INVALID_TYPE',
          read,
          'expected a view of u8',
        );
      }
    }
  });
});

test('where there is no TextEncoder and no TextDecoder, texts go in and out all the same', () => {
  const registry = bare();
  vi.stubGlobal('TextEncoder', undefined);
  vi.stubGlobal('TextDecoder', undefined);
  try {
    for (const text of [...TEXTS, '100 %41 %', '\r\n\u2028']) {
      const view = registry.writeString(text);
      expect(Buffer.from(view).equals(Buffer.from(text, 'utf8'))).toBe(true);
      expect(registry.readString(view)).toBe(text);
    }
    expect(registry.readString(registry.writeString('a\ud800b\udfff'))).toBe('a\ufffdb\ufffd');
    expect(registry.readJson(registry.writeJson({ a: 'é' }))).toEqual({ a: 'é' });
    expectError(() => bare(64).writeString('x'.repeat(65)), 'ERR_OUT_OF_MEMORY');
  } finally {
    vi.unstubAllGlobals();
  }
});

describe('JSON', () => {
  test.each([
    { a: [1, 2.5, -0], b: { c: 'é😀"\\\n' }, d: null, e: true },
    [],
    {},
    '',
    'text',
    0,
    1e300,
    false,
    null,
    [[[[]]]],
  ])('of %j comes back equal', (value) => {
    const registry = bare();
    const view = registry.writeJson(value);
    expect(Buffer.from(view).toString()).toBe(JSON.stringify(value));
    expect(registry.readJson(view)).toEqual(JSON.parse(JSON.stringify(value)));
  });

  test('follows toJSON', () => {
    const registry = bare();
    expect(registry.readJson(registry.writeJson(new Date(0)))).toBe('1970-01-01T00:00:00.000Z');
  });

  test('does not exist for undefined, functions, symbols, bigints, cycles and a toJSON that throws', () => {
    const registry = bare();
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    const thrower = {
      toJSON() {
        throw new Error('from toJSON');
      },
    };
    for (const [value, ...parts] of [
      [undefined, 'undefined has no JSON'],
      [() => 1, 'a function'],
      [Symbol('s'), 'Symbol(s)'],
      [{ toJSON() {} }, 'an Object'],
      [1n, '1n', 'BigInt'],
      [{ a: 1n }, 'an Object', 'BigInt'],
      [cycle, 'an Object', 'circular'],
      [thrower, 'from toJSON'],
    ] as const) {
      expectError(() => registry.writeJson(value), 'ERR_INVALID_ARGUMENT', 'writeJson', ...parts);
    }
    expect(registry.stats).toMatchObject({ used: 0, allocations: 0 });
  });

  test('that is malformed says what stands there', () => {
    const registry = bare();
    for (const text of ['', '{', '{"a":}', 'undefined', `"${'x'.repeat(100)}`]) {
      const view = registry.writeString(text);
      expectError(
        () => registry.readJson(view),
        'ERR_INVALID_ARGUMENT',
        'readJson',
        'is not JSON',
        text.slice(0, 20).replace(/"/g, '\\"'),
      );
    }
  });

  test('larger than the arena is out of memory', () => {
    expectError(() => bare(64).writeJson({ a: 'x'.repeat(100) }), 'ERR_OUT_OF_MEMORY');
  });
});

test('strings lie beside blocks and kernel memory without harming them', () => {
  const registry = withFixtures();
  for (let frame = 0; frame < 5; frame++) {
    const before = registry.u32([1, 2, 3]);
    const text = registry.writeString('between');
    registry.bind('take_frame_memory')(100);
    const after = registry.u32([4, 5, 6]);
    const last = registry.writeJson({ frame });
    expect([...before, ...after]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([registry.readString(text), registry.readJson(last)]).toEqual(['between', { frame }]);
    registry.reset();
  }
});
