// Wrong uses: each line below a comment `expect:` must be refused with that text, and no other line may be.
import { processFrame, Registry, type View } from 'arena-bind';
import { Plan } from 'arena-bind/plan';

const registry = await Registry.create();
const f32 = registry.f32(16);
const u8 = registry.u8(16);

// expect: '"apply_fliter"' is not assignable
registry.bind('apply_fliter');
// expect: 'View<"u8">' is not assignable to parameter of type 'Readonly<Float32Array
registry.bind('apply_filter')(u8, f32);
// expect: 'View<"f64">' is not assignable to parameter of type 'Readonly<Float32Array
registry.bind('apply_filter')(registry.f64(16), f32);
// expect: 'number[]' is missing
registry.bind('apply_filter')([1, 2, 3], f32);
// expect: Expected 2 arguments, but got 1.
registry.bind('apply_filter')(f32);
// expect: Expected 2 arguments, but got 3.
registry.bind('apply_filter')(f32, f32, 1);
// expect: 'bigint' is not assignable to parameter of type 'number'
registry.bind('scale')(f32, f32, 2n);
// expect: 'string' is not assignable to parameter of type 'number'
registry.bind('scale')(f32, f32, '2');
// expect: 'number' is not assignable to type 'string'
const text: string = registry.bind('sum')(f32);
// expect: '"f23"' is not assignable
registry.alloc('f23', 16);
// expect: 'bigint' is not assignable to parameter of type 'number | ElementData<"f32">'
registry.alloc('f32', 16n);
// expect: 'bigint' is not assignable to type 'number'
registry.alloc('f32', [1n]);
// expect: 'number' is not assignable to type 'bigint'
registry.alloc('i64', [1]);
// expect: 'string' is not assignable to parameter of type 'number | ElementData<"f32">'
registry.alloc('f32', '16');
// expect: 'allign' does not exist in type 'AllocOptions'
registry.alloc('f32', 16, { allign: 64 });
// expect: 'kapacity' does not exist in type 'RegistryOptions'
await Registry.create({ kapacity: 1024 });
// expect: 'string' is not assignable to type 'number'
await Registry.create({ capacity: '64 MB' });
// expect: Property 'exceeded' is missing
await Registry.create({ budget: { bytes: 1024 } });
// expect: 'ptr' because it is a read-only property
f32.ptr = 0;
// expect: 'View<"f32">' is not assignable to type 'View<"f64">'
const other: View<'f64'> = f32;
// expect: possibly 'null'
registry.tryAlloc('f32', 16).fill(0);
// expect: 'Promise<number>' is not assignable
processFrame(registry, async (within) => within.f32(16).length);
// expect: Expected 3 arguments, but got 2.
processFrame(registry, (within, count: number) => within.f32(count).length);
// expect: 'string' is not assignable to parameter of type 'number'
processFrame(registry, (within, count: number) => within.f32(count).length, '16');
// expect: 'epoch' because it is a read-only property
registry.epoch = 0;
// expect: is protected
new Registry();

const plan = Plan.record(registry, () => registry.bind('scale')(f32, f32, 2));
// expect: 'Promise<void>' is not assignable to type 'never'
Plan.record(registry, async () => {});
// expect: 'string' is not assignable to type 'number'
plan.scalar(0, 'factor')[0] = '2';
// expect: 'number' is not assignable to type 'bigint'
plan.scalar<bigint>(0, 'factor')[0] = 2;
// expect: 'void' is not assignable to type 'number'
const nothing: number = plan.value;
// expect: is not assignable to parameter of type 'Registry
Plan.record(f32, () => 1);

export { nothing, other, text };
