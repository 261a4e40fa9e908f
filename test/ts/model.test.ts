// The registry against a model of it in plain JavaScript, over long random histories: every address, counter and
// verdict must be the model's, no two live blocks may overlap, and no live block may lose its contents.
import { expect, test } from 'vitest';
import { type Frame, processFrame } from '../../src-ts/index.ts';
import { ARRAYS, errorOf, expectError, isWide, randomSequence, TYPES, withFixtures } from './helpers.ts';

interface Block {
  readonly view: ArrayBufferView & { ptr: number };
  readonly ptr: number;
  readonly bytes: number;
  /** Every byte of the block. */
  pattern: number;
}

interface OpenFrame {
  readonly offset: number;
  readonly blocks: number;
  /** Undefined for a frame of processFrame. */
  readonly handle: Frame | undefined;
}

const roundUp = (bytes: number) => Math.ceil(bytes / 8) * 8;

/** Whether each byte is `pattern`: the first one is, and each is as the one before it. */
const consistsOf = (bytes: Buffer, pattern: number) =>
  bytes.length === 0 || (bytes[0] === pattern && bytes.subarray(1).equals(bytes.subarray(0, -1)));

/** What a float of four equal bytes is. */
const floatOf = (pattern: number) => new Float32Array(new Uint8Array(4).fill(pattern).buffer)[0] as number;

function run(seed: number, capacity: number, operations: number): { hits: number; refusals: number } {
  const registry = withFixtures(capacity);
  const base = registry.u8(0).ptr;
  const chance = randomSequence(seed);
  // Frames repeat now and then, as they do in life: each follows one of a few scripts and leaves it at random.
  let script = randomSequence(1);
  const pick = (limit: number) => (chance.below(50) === 0 ? chance : script).below(limit);

  let offset = 0;
  let floor = capacity - registry.stats.persistent;
  let { peak, allocations, epoch } = registry.stats;
  const frames: OpenFrame[] = [];
  const live: Block[] = [];
  const kept: Block[] = [];
  const seen: Block['view'][] = []; // some views, live or not
  const owners = new Set<unknown>(); // the views that have been seen before
  let hits = 0;
  let refusals = 0;
  let left = operations;

  const check = () => {
    peak = Math.max(peak, offset);
    const expected = { used: offset, persistent: capacity - floor, peak, allocations, epoch, depth: frames.length };
    const { stats } = registry;
    for (const [name, value] of Object.entries(expected)) {
      if (stats[name as 'used'] !== value) expect({ left, ...stats }).toMatchObject(expected);
    }
  };

  const place = (bytes: number, align: number): number | undefined => {
    const padding = (align - ((base + offset) % align)) % align;
    if (padding + bytes > floor - offset) return undefined;
    const start = offset + padding;
    offset = start + roundUp(bytes);
    allocations++;
    return base + start;
  };

  const placePersistent = (bytes: number, align: number): number | undefined => {
    const start = Math.floor((base + floor - bytes) / align) * align - base;
    if (start < offset) return undefined;
    floor = start;
    allocations++;
    return base + start;
  };

  const adopt = (blocks: Block[], view: Block['view'], ptr: number, bytes: number) => {
    if (view.ptr !== ptr || view.byteOffset !== ptr || view.byteLength !== bytes) {
      expect([view.ptr, view.byteOffset, view.byteLength]).toEqual([ptr, ptr, bytes]);
    }
    const block = { view, ptr, bytes, pattern: 1 + chance.below(100) };
    new Uint8Array(registry.memory.buffer, ptr, bytes).fill(block.pattern);
    blocks.push(block);
    if (owners.has(view)) hits++;
    owners.add(view);
    if (seen.length < 300) seen.push(view);
    else seen[chance.below(300)] = view;
  };

  const allocate = () => {
    const type = TYPES[pick(TYPES.length)] as (typeof TYPES)[number];
    const length = pick(10) === 0 ? pick(capacity / 4) : pick(24);
    const align = pick(5) === 0 ? 8 << pick(10) : 8;
    const bytes = length * ARRAYS[type].BYTES_PER_ELEMENT;
    const persistent = pick(40) === 0;
    const data = pick(4) === 0 && length < 100;
    const source = data ? Array(length).fill(isWide(type) ? 1n : 1) : length;
    const ptr = persistent ? placePersistent(bytes, align) : place(bytes, align);
    const take = (): Block['view'] => {
      if (persistent) return registry.allocPersistent(type, source as never, { align });
      if (align > 8) return registry.alloc(type, source as never, { align });
      return pick(2) === 0 ? registry.alloc(type, source as never) : registry[type](source as never);
    };
    if (ptr === undefined) {
      refusals++;
      expect(errorOf(take)).toMatchObject({ code: 'ERR_OUT_OF_MEMORY', requested: bytes, free: floor - offset });
    } else adopt(persistent ? kept : live, take(), ptr, bytes);
  };

  const write = () => {
    const text = 'aé日😀'.slice(pick(3)).repeat(pick(12));
    const bytes = Buffer.byteLength(text);
    const ptr = place(bytes, 8);
    if (ptr === undefined) {
      refusals++;
      expect(errorOf(() => registry.writeString(text))).toMatchObject({ code: 'ERR_OUT_OF_MEMORY', requested: bytes });
      return;
    }
    const view = registry.writeString(text);
    expect(registry.readString(view)).toBe(text);
    adopt(live, view, ptr, bytes);
  };

  const forget = () => {
    peak = Math.max(peak, offset);
    offset = 0;
    epoch++;
    frames.length = 0;
    live.length = 0;
    script = randomSequence(1 + chance.below(6));
  };

  const open = (handle: Frame | undefined): OpenFrame => {
    const frame = { offset, blocks: live.length, handle };
    frames.push(frame);
    return frame;
  };

  const close = (index: number) => {
    peak = Math.max(peak, offset);
    if (index === 0) {
      forget();
      return;
    }
    const frame = frames[index] as OpenFrame;
    ({ offset } = frame);
    live.length = frame.blocks;
    frames.length = index;
  };

  const nest = () => {
    const outermost = frames.length === 0;
    const broken = pick(3) === 0;
    const body = () => {
      const frame = open(undefined);
      for (let steps = pick(20); steps > 0 && left > 0; steps--) step();
      // What processFrame does when this body is left.
      const index = frames.indexOf(frame);
      if (index >= 0) close(index);
      else if (outermost && (offset > 0 || frames.length > 0)) forget();
      if (broken) throw new RangeError('broken');
    };
    if (broken) expect(() => processFrame(registry, body)).toThrow(RangeError);
    else processFrame(registry, body);
  };

  const callKernel = () => {
    const bytes = pick(6) === 0 ? pick(capacity) : 1 + pick(500);
    const fits = floor - offset >= bytes;
    switch (pick(6)) {
      case 0: {
        const ptr = place(bytes, 8);
        const take = () => registry.bind('take_frame_memory')(bytes);
        if (ptr === undefined) expectError(take, 'ERR_OUT_OF_MEMORY');
        else {
          expect(take()).toBe(ptr);
          new Uint8Array(registry.memory.buffer, ptr, bytes).fill(200);
        }
        break;
      }
      case 1:
      case 2: {
        const trap = pick(2) === 0;
        const take = () => registry.bind(trap ? 'trap_in_scratch' : 'use_scratch')(bytes);
        if (fits) {
          allocations++;
          peak = Math.max(peak, offset + roundUp(bytes));
        }
        if (!fits) expectError(take, 'ERR_OUT_OF_MEMORY');
        else if (trap) expectError(take, 'ERR_KERNEL_TRAP');
        else expect(take()).toBe(7);
        break;
      }
      case 3: {
        // Through operator new, whose blocks lie among the persistent ones: how many, is the heap's affair.
        const count = pick(40);
        const into = () => registry.f32(count);
        const [first, second] = [place(count * 4, 8), place(count * 4, 8)];
        if (first === undefined || second === undefined) {
          if (first !== undefined) adopt(live, into(), first, count * 4);
          expectError(into, 'ERR_OUT_OF_MEMORY');
          break;
        }
        const input = into();
        adopt(live, input, first, count * 4);
        const output = into();
        adopt(live, output, second, count * 4);
        try {
          registry.bind('sort_copy')(input, output);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_OUT_OF_MEMORY' });
        }
        const { stats } = registry;
        expect(capacity - stats.persistent).toBeLessThanOrEqual(floor);
        expect(capacity - stats.persistent).toBeGreaterThanOrEqual(offset);
        floor = capacity - stats.persistent;
        allocations = stats.allocations;
        new Uint8Array(registry.memory.buffer, second, count * 4).fill((live.at(-1) as Block).pattern);
        break;
      }
      default: {
        const view = seen[chance.below(seen.length)];
        if (!(view instanceof Float32Array)) break;
        const blocks = [...live, ...kept].filter((block) => block.view === view);
        const pattern = 1 + chance.below(100);
        const fill = () => registry.bind('fill')(floatOf(pattern), view);
        if (blocks.length === 0) expectError(fill, 'ERR_STALE_VIEW');
        else fill();
        for (const block of blocks) block.pattern = pattern;
      }
    }
  };

  const inspect = () => {
    let end = 0;
    for (const { ptr, bytes, pattern } of [...live, ...kept].sort((a, b) => a.ptr - b.ptr || a.bytes - b.bytes)) {
      if (ptr < end) expect.fail(`the block at ${ptr} overlaps the one before it, ${left} operations before the end`);
      end = ptr + bytes;
      if (!consistsOf(Buffer.from(registry.memory.buffer, ptr, bytes), pattern)) {
        expect.fail(`the block at ${ptr} has lost its contents, ${left} operations before the end`);
      }
    }
    const alive = new Set<unknown>([...live, ...kept].map(({ view }) => view));
    for (const view of seen) {
      if (registry.isLive(view) === alive.has(view)) continue;
      expect.fail(
        `isLive(${view.constructor.name} at ${view.ptr}, ${view.byteLength} bytes): ${!alive.has(view)}, ${left} left`,
      );
    }
    for (let i = 0; i < 10; i++) {
      const start = chance.below(capacity);
      const bytes = chance.below(Math.min(100, capacity - start));
      const part = new Uint8Array(registry.memory.buffer, base + start, bytes);
      if (registry.isLive(part) !== (start + bytes <= offset || start >= floor)) {
        expect.fail(`${bytes} bytes at ${start} are ${registry.isLive(part) ? '' : 'not '}live: ${offset}, ${floor}`);
      }
    }
    expect(registry.bind('table_sum')()).toBe(10);
  };

  const step = () => {
    left--;
    const choice = pick(100);
    if (choice < 60) allocate();
    else if (choice < 66) write();
    else if (choice < 80) callKernel();
    else if (choice < 86) {
      if (frames.length < 8) open(registry.openFrame());
    } else if (choice < 92) {
      const index = pick(8);
      const handle = frames[index]?.handle;
      if (handle !== undefined) {
        handle.close();
        close(index);
      }
    } else if (choice < 95) {
      if (frames.length < 8) nest();
    } else if (choice < 98) {
      registry.reset();
      forget();
    } else inspect();
    check();
  };

  while (left > 0) step();
  inspect();
  return { hits, refusals };
}

test.each([
  [1, 1 << 20],
  [2, 1 << 16],
  [3, 1 << 13],
  [4, 1 << 18],
])('200,000 random operations, part %i: an arena of %i bytes', (seed, capacity) => {
  const { hits, refusals } = run(seed, capacity, 50_000);
  // The history is worth something only when views were handed out again, and when the arena was full at times.
  expect(hits).toBeGreaterThan(2000);
  expect(refusals).toBeGreaterThan(50);
});
