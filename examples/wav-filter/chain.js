// The sound through the arena, block by block.
import { Registry } from 'arena-bind';
import filter from './out/filter.js';

const BLOCK = 4096; // samples of a channel
const LOOKAHEAD = 0.0015; // seconds
const RELEASE = 0.08; // seconds
const SHAPE = { lowShelf: 0, peak: 1, highShelf: 2 };

/** @typedef {{ bass: number, mid: number, treble: number, ceiling: number }} Settings all in dB */
/** @typedef {{ peak: number, energy: number }} Meter */

/**
 * Filters all channels in place; gives the levels before and after, and what it took of the arena.
 *
 * @param {readonly Float32Array[]} channels of one length
 * @param {number} rate samples per second
 * @param {Settings} settings
 */
export async function filterSound(channels, rate, { bass, mid, treble, ceiling }) {
  const registry = await Registry.create({ module: filter });
  const bands = registry.alloc('Band', [
    { shape: SHAPE.lowShelf, frequency: 150, gain: bass, q: Math.SQRT1_2 },
    { shape: SHAPE.peak, frequency: 1200, gain: mid, q: 0.8 },
    { shape: SHAPE.highShelf, frequency: Math.min(5000, rate * 0.3), gain: treble, q: Math.SQRT1_2 },
  ]);
  const coefficients = registry.allocPersistent('f64', bands.length * 5);
  registry.bind('design')(bands, rate, coefficients);
  const states = channels.map(() => registry.allocPersistent('f64', bands.length * 2).fill(0));
  registry.reset();

  const lookahead = Math.ceil(LOOKAHEAD * rate);
  const limiter = registry.allocPersistent('f32', (channels.length + 2) * lookahead + 1).fill(0);
  const highest = 10 ** (ceiling / 20);
  const release = RELEASE * rate;

  const before = { peak: 0, energy: 0 };
  const after = { peak: 0, energy: 0 };
  const [equalize, limit, level] = [registry.bind('equalize'), registry.bind('limit'), registry.bind('level')];
  const length = channels[0].length;
  // The limiter is `lookahead` samples late: its first ones belong to no sample, and silence brings out the last ones.
  for (let at = 0; at < length + lookahead; at += BLOCK) {
    const block = registry.f32(channels.length * BLOCK).fill(0);
    for (let c = 0; c < channels.length; c++) {
      const line = block.subarray(c * BLOCK, (c + 1) * BLOCK);
      line.set(channels[c].subarray(at, at + BLOCK));
      measure(before, level(line));
      equalize(coefficients, states[c], line);
    }
    limit(block, channels.length, highest, lookahead, release, limiter);
    measure(after, level(block));
    for (let c = 0; c < channels.length; c++) {
      const skip = Math.max(0, lookahead - at);
      const first = at - lookahead + skip;
      const count = Math.max(0, Math.min(BLOCK - skip, length - first));
      channels[c].set(block.subarray(c * BLOCK + skip, c * BLOCK + skip + count), first);
    }
    registry.reset();
  }
  return { before, after, stats: registry.stats };
}

/**
 * @param {Meter} meter
 * @param {readonly [peak: number, energy: number]} level
 */
function measure(meter, level) {
  meter.peak = Math.max(meter.peak, level[0]);
  meter.energy += level[1];
}
