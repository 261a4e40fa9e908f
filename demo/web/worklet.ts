// The audio side: a registry of its own in the worklet, and one frame of its arena for each quantum. The worklet's
// global scope has no fetch and no text decoder, so the module comes compiled from the page.
import { type PrebuiltKernels, processFrame, Registry, type View } from 'arena-bind';
import { LEAST_CUTOFF, MODES, MOST_CUTOFF, writeCoefficients } from './filter';

const CHANNELS = 2;
const CAPACITY = 1024 * 1024; // bytes
const QUANTA_PER_REPORT = 32;

export interface FilterOptions {
  readonly module: WebAssembly.Module;
}

// What the page is told now and then.
export interface FilterReport {
  quanta: number;
  bytes: number; // of the arena, per quantum
}

class FilterProcessor extends AudioWorkletProcessor {
  static get parameterDescriptors() {
    return [
      { name: 'mode', defaultValue: 0, minValue: 0, maxValue: MODES.length - 1, automationRate: 'k-rate' },
      { name: 'cutoff', defaultValue: 1000, minValue: LEAST_CUTOFF, maxValue: MOST_CUTOFF, automationRate: 'k-rate' },
      { name: 'resonance', defaultValue: 1, minValue: 0.1, maxValue: 20, automationRate: 'k-rate' },
    ];
  }

  private readonly registry: Registry;
  private readonly coefficients: View<'f32'>;
  private readonly states: readonly View<'f32'>[];
  private readonly report: FilterReport = { quanta: 0, bytes: 0 };
  private input: readonly Float32Array[] = [];
  private output: readonly Float32Array[] = [];
  private mode = -1;
  private cutoff = 0;
  private resonance = 0;

  constructor(options: { processorOptions: FilterOptions }) {
    super();
    this.registry = Registry.createSync<PrebuiltKernels>({
      module: options.processorOptions.module,
      capacity: CAPACITY,
    });
    this.coefficients = this.registry.allocPersistent('f32', 5);
    this.states = Array.from({ length: CHANNELS }, () => this.registry.allocPersistent('f32', [0, 0]));
  }

  process(
    inputs: readonly (readonly Float32Array[])[],
    outputs: readonly (readonly Float32Array[])[],
    parameters: Readonly<Record<string, Float32Array>>,
  ): boolean {
    this.input = inputs[0] ?? [];
    this.output = outputs[0] ?? [];
    this.follow(parameters.mode?.[0] ?? 0, parameters.cutoff?.[0] ?? 0, parameters.resonance?.[0] ?? 0);
    processFrame(this.registry, FilterProcessor.runFrame, this);
    this.report.quanta++;
    if (this.report.quanta % QUANTA_PER_REPORT === 0) this.port.postMessage(this.report);
    return true;
  }

  private static runFrame(registry: Registry, processor: FilterProcessor): void {
    processor.runFrame(registry);
  }

  private runFrame(registry: Registry): void {
    const { input, output, coefficients, states } = this;
    const biquad = registry.bind('biquad');
    for (let channel = 0; channel < input.length && channel < output.length; channel++) {
      const samples = registry.f32(input[channel] as Float32Array);
      const filtered = registry.f32(samples.length);
      biquad(samples, coefficients, states[channel] as View<'f32'>, filtered);
      (output[channel] as Float32Array).set(filtered);
    }
    this.report.bytes = registry.stats.used;
  }

  private follow(mode: number, cutoff: number, resonance: number): void {
    if (mode === this.mode && cutoff === this.cutoff && resonance === this.resonance) return;
    this.mode = mode;
    this.cutoff = cutoff;
    this.resonance = resonance;
    writeCoefficients(this.coefficients, Math.round(mode), cutoff, resonance, sampleRate);
  }
}

registerProcessor('arena-filter', FilterProcessor);
