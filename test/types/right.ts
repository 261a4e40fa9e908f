// Right uses: this file must compile in a user's project, strictly and without skipLibCheck.
import { ArenaError, type ExceededFrame, processFrame, Registry, type View } from 'arena-bind';
import { Plan, type PlanCell } from 'arena-bind/plan';

const registry = await Registry.create({ capacity: 1024 * 1024 });

const block: View<'f32'> = registry.alloc('f32', 16);
const array: Float32Array = block;
const address: number = block.ptr;
const clamped: Uint8ClampedArray = registry.u8c(64);
const wide: BigInt64Array = registry.alloc('i64', [1n, 2n]);
const aligned: Float64Array = registry.alloc('f64', new Float32Array(3), { align: 64 });
const perhaps: View<'u16'> | null = registry.tryAlloc('u16', 3);
const kept: View<'f32'> = registry.allocPersistent('f32', [1, 2, 3]);

// Kernels are functions with the types of the C++: spans, scalars, tuples.
registry.bind('scale')(block, registry.f32(16), 2);
const sum: number = registry.bind('sum')(block.subarray(4));
const [low, high]: [number, number] = registry.bind('min_max')(block);
registry.bind('rgba_to_luma')(registry.u8c(64), registry.u8(16));

const result: Float64Array = processFrame(registry, (within, count: number) => Float64Array.from(within.f64(count)), 3);
const text: string = registry.readString(registry.writeString('text'));
const { used, peak } = registry.stats;
const numbers: number[] = [sum, low, high, used, peak, registry.capacity, registry.epoch, address];
numbers.push((await registry.report()).length);
const exceeded = ({ epoch, milliseconds, bytes, blocks, kernels }: ExceededFrame) =>
  numbers.push(epoch, milliseconds, bytes, blocks, ...kernels.map(({ calls }) => calls));
await Registry.create({ timeline: true, budget: { milliseconds: 2, exceeded } });

// Of a module whose types are not there everything is allowed, and checked when it happens.
declare const unknownModule: any;
const loose = await Registry.create({ module: unknownModule });
loose.bind('anything')(loose.f32(1), 'text', 1n);

const plan = Plan.record(registry, (same) => {
  const input = same.f32(4);
  same.bind('scale')(input, same.f32(4), 0.5);
  return { input };
});
const recorded: View<'f32'> = plan.value.input;
const factor: PlanCell = plan.scalar(0, 'factor');
factor[0] = 0.7;
const count: bigint = plan.result<bigint>(0)[0];
const name: string | undefined = plan.calls[0]?.kernel;
plan.run();

try {
  registry.alloc('f32', -1);
} catch (error) {
  if (error instanceof ArenaError) {
    const code: 'ERR_INVALID_LENGTH' | string = error.code;
    console.log(code, error.message);
  }
}
registry.dispose();

export { aligned, array, clamped, count, kept, name, numbers, perhaps, recorded, result, text, wide };
