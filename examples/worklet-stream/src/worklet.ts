// The worklet: takes what the player has made, filters it where it lies, plays it, and lets the page see it.
import { Ring } from 'arena-bind/ring';
import { type PrebuiltKernels, Registry } from 'arena-bind/worklet';
import { COEFFICIENTS, type FilterOptions } from './streams';

class Filter extends AudioWorkletProcessor {
  private readonly registry: Registry<PrebuiltKernels>;
  private readonly played: Ring<'f32'>;
  private readonly settings: Ring<'f32'>;
  private readonly heard: Ring<'f32'>;
  private readonly coefficients: Float32Array;
  private readonly state: Float32Array;

  constructor({ processorOptions }: { processorOptions: FilterOptions }) {
    super();
    this.registry = Registry.attach<PrebuiltKernels>(processorOptions.registry as never);
    this.played = Ring.attach(processorOptions.played);
    this.settings = Ring.attach(processorOptions.settings);
    this.heard = Ring.attach(processorOptions.heard);
    this.coefficients = this.registry.allocPersistent('f32', [1, 0, 0, 0, 0]);
    this.state = this.registry.allocPersistent('f32', [0, 0]);
  }

  process(_: Float32Array[][], outputs: Float32Array[][]): boolean {
    const { registry, settings, coefficients } = this;
    const output = outputs[0][0];
    const frame = registry.openFrame();
    try {
      while (settings.readable >= COEFFICIENTS) settings.read(coefficients);
      const samples = registry.f32(output.length);
      // What is missing stays silent, and is counted: played.underruns.
      if (this.played.read(samples) < samples.length) samples.fill(0);
      registry.bind('biquad')(samples, coefficients, this.state, samples);
      output.set(samples);
      this.heard.write(samples);
    } finally {
      frame.close();
    }
    return true;
  }
}

registerProcessor('filter', Filter);
