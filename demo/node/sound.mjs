import { processFrame } from 'arena-bind';
import { highPass, lowPass } from './filters.mjs';

export const quantum = 128; // samples: what an AudioWorklet is called with

const taps = 127;

/** One frame: a quantum of every channel from `sound.inputs` to `sound.outputs`. Returns the bytes of arena in use. */
function filterQuantum(registry, sound) {
  const { inputs, outputs, filters, coefficients, weights, biquad, fir } = sound;
  for (let channel = 0; channel < filters.length; channel++) {
    const input = registry.f32(inputs[channel]);
    const high = registry.f32(quantum);
    const output = registry.f32(quantum);
    biquad(input, coefficients, filters[channel].state, high);
    fir(high, weights, filters[channel].history, output);
    outputs[channel].set(output);
  }
  return registry.stats.used;
}

/** A recording on its way through the filters, one quantum of all channels per frame. */
export class Sound {
  constructor(registry, { channels, sampleRate }, frames = Math.ceil(channels[0].length / quantum)) {
    this.registry = registry;
    this.frames = frames;
    this.channels = channels;
    this.filtered = channels.map((channel) => new Float32Array(channel.length));
    this.inputs = channels.map(() => new Float32Array(quantum));
    this.outputs = channels.map(() => new Float32Array(quantum));
    this.biquad = registry.bind('biquad');
    this.fir = registry.bind('fir');
    this.coefficients = registry.allocPersistent('f32', highPass(Math.min(300, 0.4 * sampleRate), sampleRate));
    this.weights = registry.allocPersistent('f32', lowPass(Math.min(3400, 0.45 * sampleRate), sampleRate, taps));
    this.filters = channels.map(() => ({
      state: registry.allocPersistent('f32', 2),
      history: registry.allocPersistent('f32', taps - 1),
    }));
    this.start();
  }

  start() {
    for (const { state, history } of this.filters) {
      state.fill(0);
      history.fill(0);
    }
  }

  /** The sound card's part before frame k: fills the inputs, beyond the end with zeros. It leaves no garbage. */
  prepare(k) {
    for (let channel = 0; channel < this.channels.length; channel++) {
      const from = this.channels[channel];
      const to = this.inputs[channel];
      const first = (k * quantum) % from.length;
      for (let i = 0; i < quantum; i++) to[i] = first + i < from.length ? from[first + i] : 0;
    }
  }

  run() {
    return processFrame(this.registry, filterQuantum, this);
  }

  /** The sound card's part after frame k: keeps the outputs. */
  finish(k) {
    for (let channel = 0; channel < this.channels.length; channel++) {
      const from = this.outputs[channel];
      const to = this.filtered[channel];
      const first = (k * quantum) % to.length;
      for (let i = 0; i < quantum && first + i < to.length; i++) to[first + i] = from[i];
    }
  }
}

/** What the same kernels answer to an impulse. */
export function impulseResponse(registry, sampleRate) {
  const impulse = new Float32Array(8192); // the high-pass has died away long before its end
  impulse[0] = 1;
  const sound = new Sound(registry, { channels: [impulse], sampleRate });
  for (let k = 0; k < sound.frames; k++) {
    sound.prepare(k);
    sound.run();
    sound.finish(k);
  }
  return sound.filtered[0];
}
