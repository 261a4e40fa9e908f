// A new build in an old one's place: what stays, what changes, and when the page has to be loaded again.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { build, emitModule, inlineBytes } from '../../src-ts/driver/index.js';
import { type Hot, hotModule } from '../../src-ts/hot.js';
import { type AnyKernels, type KernelModule, Registry, type StructTypes } from '../../src-ts/index.js';
import { Plan } from '../../src-ts/plan.js';
import { defineStructs } from '../../src-ts/structs.js';
import { expectZeroGarbage } from '../../src-ts/vitest/index.js';
import { expectError } from '../ts/helpers.js';

const folder = mkdtempSync(join(tmpdir(), 'arena-bind-hot-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Module = KernelModule<AnyKernels, { Particle: StructTypes }>;
const made = new Map<string, Promise<() => Module>>();

/** What evaluating the module gives, each time anew. */
async function moduleOf(cpp: string): Promise<Module> {
  if (!made.has(cpp)) made.set(cpp, compile(cpp, made.size));
  return (await (made.get(cpp) as Promise<() => Module>))();
}

async function compile(cpp: string, number: number): Promise<() => Module> {
  const source = join(folder, `${number}.cpp`);
  writeFileSync(source, `#include <arena_bind/kernel.hpp>\n${cpp}`);
  const built = await build({ sources: [source], hot: true, capacity: 1 << 20, flags: ['-Wno-unused-variable'] });
  const text = emitModule(built, { wasm: inlineBytes(built.wasm) });
  const body = text.replaceAll(/^import .*$/gm, '').replace('export default', 'return');
  return () => new Function('defineStructs', body)(defineStructs);
}

/** `import.meta.hot` of a module that is evaluated again and again. */
class DevServer implements Hot {
  data = {};
  readonly reasons: (string | undefined)[] = [];
  invalidate(reason?: string): void {
    this.reasons.push(reason);
  }
  /** The first evaluation, or one after a save. */
  async save(cpp: string): Promise<Module> {
    return hotModule(await moduleOf(cpp), this);
  }
}

const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
beforeEach(() => {
  warn.mockClear();
});

const kernel = (body: string, rest = '') => `
void work(std::span<float> data, float by) { for (float &x : data) { ${body}; } }
ARENA_KERNEL(work, data, by)
${rest}`;
const SCALE = kernel('x *= by');
const SHIFT = kernel('x += by');

const STATICS = (first: number) => `
#include <vector>
static std::uint32_t counter = ${first}, zero;
static std::vector<float> table(1000, ${first}.0f);
std::uint32_t count() { zero += 1; return counter++ * 1000 + zero; }
ARENA_KERNEL(count)
float look(std::uint32_t i) { return table[i]; }
ARENA_KERNEL(look, i)`;

const PARTICLES = (fields: string, names: string, dt: string) => `
struct Particle { ${fields} };
ARENA_STRUCT(Particle, ${names})
void step(std::span<Particle> all, float dt) { for (Particle &p : all) p.x += p.vx * ${dt}; }
ARENA_KERNEL(step, all, dt)`;

describe('a new build', () => {
  test('ends plans of the old one, which have to be recorded again', async () => {
    const server = new DevServer();
    const registry = await Registry.create({ module: await server.save(SCALE) });
    const work = registry.bind('work') as (data: Float32Array, by: number) => void;
    const data = registry.allocPersistent('f32', [1]);
    const record = () => Plan.record(registry, () => work(data, 2));
    const plan = record();
    plan.run();
    await server.save(SHIFT);
    expectError(() => plan.run(), 'ERR_PLAN', 'new build', 'record the plan again');
    expect([...data]).toEqual([4]);
    record().run();
    expect([...data]).toEqual([8]);
  });

  test('works on what lies in the arena, by the functions that the page has bound', async () => {
    const server = new DevServer();
    const module = await server.save(SCALE);
    const registry = await Registry.create({ module });
    const work = registry.bind('work');
    const state = registry.allocPersistent('f32', [1, 2]);
    work(state, 10);
    registry.openFrame();
    const framed = registry.f32([5]);
    const { memory } = registry;
    const before = { ...registry.stats };

    expect(await server.save(SHIFT)).toBe(module);
    expect(registry.bind('work')).toBe(work);
    expect(work.name).toBe('work');
    expect(registry.memory).toBe(memory);
    expect(registry.stats).toEqual(before);
    work(state, 1);
    work(framed, 1);
    expect([...state]).toEqual([11, 21]);
    expect([...framed]).toEqual([6]);
    registry.reset();
    expect(registry.stats).toMatchObject({ used: 0, persistent: 8, epoch: before.epoch + 1, peak: before.used });
    expectError(() => work(framed, 1), 'ERR_STALE_VIEW');
    expect(registry.f32(1)).toBe(registry.reset() ?? registry.f32(1));

    const later = await Registry.create({ module });
    const view = later.f32([1]);
    later.bind('work')(view, 1);
    expect([...view]).toEqual([2]);
    expect(server.reasons).toEqual([]);
    expect(warn).not.toHaveBeenCalled();
  });

  test('leaves no garbage in frames', async () => {
    const server = new DevServer();
    const registry = await Registry.create({ module: await server.save(SCALE) });
    const work = registry.bind('work');
    const frame = () => work(registry.f32(128), 0);
    expectZeroGarbage(registry, frame);
    await server.save(SHIFT);
    expect(expectZeroGarbage(registry, frame)).toMatchObject({ collections: 0 });
  });

  test('brings and takes kernels', async () => {
    const server = new DevServer();
    const registry = await Registry.create({ module: await server.save(SCALE) });
    const work = registry.bind('work');
    const names = () => registry.kernels.map(({ name }) => name);
    await server.save('float twice(float x) { return 2 * x; }\nARENA_KERNEL(twice, x)');
    expect(names()).toEqual(['twice']);
    expect(registry.bind('twice')(4)).toBe(8);
    const gone = 'the module has no kernel "work": expected one of twice';
    expectError(() => registry.bind('work'), 'ERR_UNKNOWN_KERNEL', gone);
    expectError(() => work(registry.f32(1), 1), 'ERR_UNKNOWN_KERNEL', gone);

    await server.save('void work(std::span<float> data) { data[0] = 7; }\nARENA_KERNEL(work, data)');
    expect(names()).toEqual(['work']);
    expect(registry.bind('work')).toBe(work);
    const view = registry.f32([1]);
    expectError(() => work(view, 2), 'ERR_ARGUMENT_COUNT', 'work takes the arguments (data: f32[])');
    work(view);
    expect([...view]).toEqual([7]);
  });

  test('starts its statics afresh, and leaves the blocks of the old ones alone', async () => {
    const server = new DevServer();
    const registry = await Registry.create({ module: await server.save(STATICS(3)) });
    const [count, look] = [registry.bind('count'), registry.bind('look')];
    expect([count(), count(), look(999)]).toEqual([3001, 4002, 3]);
    const { persistent } = registry.stats;
    const state = registry.allocPersistent('f32', [1]);
    await server.save(STATICS(5));
    expect([count(), count(), look(0), look(999)]).toEqual([5001, 6002, 5, 5]);
    expect([...state]).toEqual([1]);
    expect(registry.stats.persistent).toBeGreaterThanOrEqual(2 * persistent);
  });

  test('recovers from a trap as the old one did', async () => {
    const server = new DevServer();
    const registry = await Registry.create({ module: await server.save(SCALE) });
    const work = registry.bind('work');
    await server.save(kernel('arena::fail("by is ", 1u)'));
    for (let i = 0; i < 100; i++) {
      expectError(() => work(registry.f32(1), 1), 'ERR_KERNEL_FAILED', 'work failed: by is 1');
      registry.reset();
    }
  });

  test('takes the arrays of structs that the page has', async () => {
    const server = new DevServer();
    const first = PARTICLES('float x, vx;', 'x, vx', 'dt');
    const module = await server.save(first);
    const registry = await Registry.create({ module });
    const particles = registry.allocPersistent('Particle', [{ x: 1, vx: 2 }]);
    const step = registry.bind('step');
    step(particles, 1);
    await server.save(PARTICLES('float x, vx;', 'x, vx', 'dt * 10'));
    step(particles, 1);
    expect(particles.toObjects()).toEqual([{ x: 23, vx: 2 }]);
    const framed = registry.alloc('Particle', particles.toObjects());
    registry.bind('step')(framed, 1);
    expect(framed.toObjects()).toEqual([{ x: 43, vx: 2 }]);

    // Without the struct for a while, then with it again.
    await server.save(SCALE);
    await server.save(first);
    step(particles, 1);
    expect(particles.toObjects()).toEqual([{ x: 25, vx: 2 }]);
    expect(server.reasons).toEqual([]);
  });

  test('reaches a registry whose creation was under way when it came', async () => {
    const server = new DevServer();
    const creation = Registry.create({ module: await server.save(SCALE) });
    await server.save(SHIFT);
    const registry = await creation;
    const view = registry.f32([5]);
    registry.bind('work')(view, 1);
    expect([...view]).toEqual([6]);
  });

  test('passes over registries that are disposed, and lets go of those that nobody holds', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const server = new DevServer();
    const module = await server.save(SCALE);
    const disposed = await Registry.create({ module });
    const work = disposed.bind('work');
    disposed.dispose();
    let memory: WeakRef<WebAssembly.Memory> | undefined;
    await (async () => {
      memory = new WeakRef((await Registry.create({ module })).memory);
    })();
    await new Promise((resolve) => setTimeout(resolve));
    collect();
    expect(memory?.deref()).toBeUndefined();
    await server.save(SHIFT);
    expectError(() => disposed.bind('work'), 'ERR_DISPOSED');
    expectError(() => work(new Float32Array(1), 1), 'ERR_DISPOSED');
    expect(server.reasons).toEqual([]);
  });
});

describe('the page is loaded again', () => {
  // The old code works until then.
  const refused = async (old: string, next: string, ...parts: string[]) => {
    const server = new DevServer();
    const registry = await Registry.create({ module: await server.save(old) });
    const { persistent } = registry.stats;
    const name = registry.kernels[0]?.name as string;
    const bound = registry.bind(name);
    await server.save(next);
    expect(server.reasons).toHaveLength(1);
    for (const part of parts) expect(server.reasons[0]).toContain(part);
    expect(warn.mock.calls).toEqual([[`arena-bind: the page has to be loaded again: ${server.reasons[0]}`]]);
    expect(registry.bind(name)).toBe(bound);
    expect(registry.stats.persistent).toBe(persistent);
    return { registry, bound };
  };

  test('when a struct has other fields', async () => {
    const { registry, bound } = await refused(
      PARTICLES('float x, vx;', 'x, vx', 'dt'),
      PARTICLES('float x, y, vx, vy;', 'x, y, vx, vy', 'dt'),
      'the struct Particle has other fields than those that the arena may hold',
    );
    const particles = registry.alloc('Particle', [{ x: 1, vx: 1 }]);
    bound(particles, 1);
    expect(particles.toObjects()).toEqual([{ x: 2, vx: 1 }]);
  });

  test('when static data has grown into the arena', async () => {
    const { registry, bound } = await refused(
      SCALE,
      kernel('x = filled[int(by)]', 'static char filled[2 << 20] = {1};').replace(
        /^([\s\S]*?)(static char .*)$/m,
        '$2\n$1',
      ),
      'the static data of the new build ends at 3145728 bytes, where the arena of the old one has begun (1048576)',
    );
    const view = registry.f32([2]);
    bound(view, 2);
    expect([...view]).toEqual([4]);
  });

  test('when its statics find no room', async () => {
    await refused(
      SCALE,
      kernel('x += table[0]').replace('void', '#include <vector>\nstatic std::vector<float> table(1 << 19);\nvoid'),
      'a static constructor of the module stopped',
    );
  });
});

test('without import.meta.hot the module stays as it is', async () => {
  const module = await moduleOf(SCALE);
  expect(hotModule(module, undefined)).toBe(module);
});
