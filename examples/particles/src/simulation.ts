// The particles: one array of structs that outlives all frames, stepped in C++.
import { Registry, type StructArray } from 'arena-bind';
import kernels, { type Particle } from './particles.cpp';

export const WIDTH = 960; // pixels
export const HEIGHT = 600;
export const MOST = 20_000;
const STEPS = 4; // per frame: fast discs must not jump over each other
const LONGEST = 1 / 30; // seconds of a frame: after a pause nothing leaps

export interface Pointer {
  x: number;
  y: number;
  /** Of the change of speed in a frame; 0 when nothing is pressed, below 0 to push. */
  pull: number;
}

export interface Settings {
  gravity: number;
  bounce: number;
}

export async function createSimulation() {
  const registry = await Registry.create({ module: kernels });
  const step = registry.bind('step');
  const attract = registry.bind('attract');
  const motion = registry.bind('motion');
  // Persistent blocks are never given back, so there is one for the largest number, of which a part is used.
  const all = registry.allocPersistent('Particle', MOST);

  return {
    particles: all,
    /** Of all particles, now and at the start. */
    energy: 0,
    firstEnergy: 0,
    stats: registry.stats,

    /** Starts anew with so many particles, spread evenly, that fly in all directions. */
    start(particles: number): void {
      this.particles = all.subarray(0, particles);
      scatter(this.particles);
      this.energy = this.firstEnergy = motion(this.particles)[0];
    },

    advance(seconds: number, pointer: Pointer, { gravity, bounce }: Settings): void {
      const { particles } = this;
      if (pointer.pull !== 0) attract(particles, pointer.x, pointer.y, 160, pointer.pull);
      const time = Math.min(seconds, LONGEST) / STEPS;
      for (let i = 0; i < STEPS; i++) step(particles, time, WIDTH, HEIGHT, gravity, bounce);
      this.energy = motion(particles)[0];
      registry.stats; // brings `stats` up to date
      registry.reset();
    },
  };
}

function scatter(particles: StructArray<Particle>): void {
  const columns = Math.ceil(Math.sqrt((particles.length * WIDTH) / HEIGHT));
  const rows = Math.ceil(particles.length / columns);
  const widest = Math.min(5, WIDTH / columns / 2, HEIGHT / rows / 2);
  for (let i = 0; i < particles.length; i++) {
    const particle = particles.at(i); // the same object each time, moved
    const direction = Math.random() * 2 * Math.PI;
    const speed = 40 + Math.random() * 80;
    particle.x = ((i % columns) + 0.5) * (WIDTH / columns);
    particle.y = (Math.floor(i / columns) + 0.5) * (HEIGHT / rows);
    particle.vx = Math.cos(direction) * speed;
    particle.vy = Math.sin(direction) * speed;
    particle.radius = widest * (0.3 + 0.6 * Math.random());
    particle.glow = 0;
  }
}
