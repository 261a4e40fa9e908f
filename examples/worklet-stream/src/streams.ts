// What the page hands to its worker and its worklet.
import type { RegistryHandle } from 'arena-bind';
import type { RingHandle } from 'arena-bind/ring';

/** Of `biquad`: b0, b1, b2, a1, a2. */
export const COEFFICIENTS = 5;

export interface PlayerOptions {
  played: RingHandle<'f32'>;
  sampleRate: number;
}

export interface FilterOptions {
  registry: RegistryHandle;
  /** From the player. */
  played: RingHandle<'f32'>;
  /** From the page: coefficients. */
  settings: RingHandle<'f32'>;
  /** To the page. */
  heard: RingHandle<'f32'>;
}
