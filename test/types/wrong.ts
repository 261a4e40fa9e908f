// Wrong uses: each line below a comment `expect:` must be refused with that code and text, and no other line may be.
import { processFrame, Registry, type View } from 'arena-bind';

const registry = await Registry.create();
const f32 = registry.f32(16);
const u8 = registry.u8(16);

// expect: 2345 'apply_fliter'
registry.bind('apply_fliter');
// expect: 2345 'Uint8Array
registry.bind('apply_filter')(u8, f32);
// expect: 2345 'Float64Array
registry.bind('apply_filter')(registry.f64(16), f32);
// expect: 2345 number[]
registry.bind('apply_filter')([1, 2, 3], f32);
// expect: 2554 Expected 2 arguments, but got 1.
registry.bind('apply_filter')(f32);
// expect: 2554 Expected 2 arguments, but got 3.
registry.bind('apply_filter')(f32, f32, 1);
// expect: 2345 'bigint'
registry.bind('scale')(f32, f32, 2n);
// expect: 2345 'string'
registry.bind('scale')(f32, f32, '2');
// expect: 2322 'number' is not assignable to type 'string'
const text: string = registry.bind('sum')(f32);
// expect: 2345 'f23'
registry.alloc('f23', 16);
// expect: 2345 'bigint'
registry.alloc('f32', 16n);
// expect: 2345 'bigint[]'
registry.alloc('f32', [1n]);
// expect: 2345 'number[]'
registry.alloc('i64', [1]);
// expect: 2345 'string'
registry.alloc('f32', '16');
// expect: 2353 'allign'
registry.alloc('f32', 16, { allign: 64 });
// expect: 2353 'kapacity'
await Registry.create({ kapacity: 1024 });
// expect: 2322 'string'
await Registry.create({ capacity: '64 MB' });
// expect: 2322 'Promise<Response>'
Registry.createSync({ module: fetch('core.wasm') });
// expect: 2540 'ptr'
f32.ptr = 0;
// expect: 2322 'Float32Array
const other: View<'f64'> = f32;
// expect: 18047 'perhaps' is possibly 'null'
registry.tryAlloc('f32', 16).fill(0);
// expect: 2345 Promise<
processFrame(registry, async (within) => within.f32(16).length);
// expect: 2554 Expected 3 arguments
processFrame(registry, (within, count: number) => within.f32(count).length);
// expect: 2345 'string'
processFrame(registry, (within, count: number) => within.f32(count).length, '16');
// expect: 2540 'epoch'
registry.epoch = 0;
// expect: 2673 private
new Registry();

export { other, text };
