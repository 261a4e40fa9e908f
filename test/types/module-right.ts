// Right uses of module.cpp: this file must compile in a user's project, strictly and without skipLibCheck.
import { type KernelModule, processFrame, Registry, type StructArray } from 'arena-bind';
import module, { type Kernels, type Particle, type ParticleColumns } from './module.js';

const typed: KernelModule<Kernels> = module;
const registry = await Registry.create({ module });
const signal = registry.f32(16);
const constant: Readonly<Float32Array> = signal;

registry.bind('mix')(constant, signal, 0.5, true);
registry.bind('mix')(signal.subarray(8), signal, 0.5, false);
const mix: Kernels['mix'] = registry.bind('mix');
const counted: bigint = registry.bind('count')(registry.i16(4), 2n);
const [low, high]: [number, number] = registry.bind('range')(constant);
const letters: number = registry.bind('letters')('text') + registry.bind('letters')(registry.writeString('text'));

const particles: StructArray<Particle> = registry.alloc('Particle', 8);
const kept = registry.allocPersistent('Particle', [{ x: 1, y: 2, id: 3n, alive: true }]);
const going: boolean = registry.bind('step')(kept, 1 / 60);
const first: Particle = particles.at(0);
first.x = 1;
first.alive = going;
const id: bigint = first.id;
const colors = registry.alloc('Color', 4);
const bright: number = registry.bind('brightness')(colors.subarray(1));
const columns: ParticleColumns = registry.columns('Particle', 8);
registry.bind('drift')(columns);
const x: Float32Array = columns.x;
const ids: BigInt64Array = columns.id;
const speed: number = processFrame(
  registry,
  (inside, count: number): number => {
    const made: ParticleColumns = inside.columns('Particle', count);
    return inside.alloc('Particle', count).at(0).x + made.y.length;
  },
  4,
);

export { bright, counted, high, id, ids, letters, low, mix, speed, typed, x };
