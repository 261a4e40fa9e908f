// Wrong uses of module.cpp: each line below a comment `expect:` must be refused with that text, and no other line may be.
import { Registry } from 'arena-bind';
import module from './module.js';

const registry = await Registry.create({ module });
const f32 = registry.f32(16);
const particles = registry.alloc('Particle', 8);

// expect: '"mixx"' is not assignable
registry.bind('mixx');
// expect: '"scale"' is not assignable
registry.bind('scale');
// expect: 'View<"f64">' is not assignable to parameter of type 'Readonly<Float32Array
registry.bind('mix')(registry.f64(16), f32, 1, true);
// expect: 'View<"i32">' is not assignable to parameter of type 'Float32Array
registry.bind('mix')(f32, registry.i32(16), 1, true);
// expect: 'number[]' is missing
registry.bind('mix')(f32, [1, 2], 1, true);
// expect: Expected 4 arguments, but got 3.
registry.bind('mix')(f32, f32, 1);
// expect: Expected 4 arguments, but got 5.
registry.bind('mix')(f32, f32, 1, true, 2);
// expect: 'bigint' is not assignable to parameter of type 'number'
registry.bind('mix')(f32, f32, 1n, true);
// expect: 'number' is not assignable to parameter of type 'boolean'
registry.bind('mix')(f32, f32, 1, 1);
// expect: 'number' is not assignable to parameter of type 'bigint'
registry.bind('count')(registry.i16(4), 2);
// expect: 'View<"u16">' is not assignable to parameter of type 'Readonly<Int16Array
registry.bind('count')(registry.u16(4), 2n);
// expect: 'bigint' is not assignable to type 'number'
const counted: number = registry.bind('count')(registry.i16(4), 2n);
// expect: of length '2' has no element at index '2'
const third: number = registry.bind('range')(f32)[2];
// expect: 'number' is not assignable to parameter of type 'string |
registry.bind('letters')(5);
// expect: 'StructArray<Color>' is not assignable to parameter of type 'StructArray<Particle>'
registry.bind('step')(registry.alloc('Color', 8), 1);
// expect: 'View<"u8">' is not assignable to parameter of type 'StructArray<Particle>'
registry.bind('step')(registry.u8(64), 1);
// expect: 'StructArray<Particle>' is missing
registry.bind('drift')(particles);
// expect: '"Partikle"' is not assignable
registry.alloc('Partikle', 8);
// expect: 'z' does not exist on type 'Particle'
particles.at(0).z = 1;
// expect: 'number' is not assignable to type 'bigint'
particles.at(0).id = 1;
// expect: No overload matches this call
registry.allocPersistent('Particle', [{ x: true }]);
// expect: 'x' because it is a read-only property
registry.columns('Particle', 8).x = f32;

export { counted, third };
