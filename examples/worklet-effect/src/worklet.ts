// The audio side: an arena of its own, one frame of it per quantum, and no garbage.
import { Registry } from 'arena-bind';
import { PARAMETERS, type ParameterName, type Report } from './parameters';
import kernels from './plate.cpp';

const CAPACITY = 2 * 1024 * 1024; // bytes

class PlateProcessor extends AudioWorkletProcessor {
  static get parameterDescriptors() {
    return PARAMETERS;
  }

  private readonly registry = Registry.createSync({ module: kernels, capacity: CAPACITY });
  private readonly reverb = this.registry.bind('reverb');
  private quanta = 0;

  constructor() {
    super();
    this.registry.bind('prepare')(sampleRate);
    this.port.onmessage = () => {
      const { persistent, peak } = this.registry.stats;
      this.port.postMessage({ quanta: this.quanta, persistent, peak } satisfies Report);
    };
  }

  process(
    inputs: Float32Array[][],
    outputs: Float32Array[][],
    parameters: Record<ParameterName, Float32Array>,
  ): boolean {
    const { registry } = this;
    const input = inputs[0];
    const output = outputs[0];
    const silent = input.length === 0; // nothing plays into it: the tail goes on
    try {
      const left = silent ? registry.f32(output[0].length).fill(0) : registry.f32(input[0]);
      const right = silent ? registry.f32(output[1].length).fill(0) : registry.f32(input[1]);
      // Numbers with a fraction may cost heap on their way into a function; views of them don't.
      this.reverb(
        left,
        right,
        registry.f32(parameters.mix),
        registry.f32(parameters.decay),
        registry.f32(parameters.damping),
        registry.f32(parameters.preDelay),
      );
      output[0].set(left);
      output[1].set(right);
    } finally {
      registry.reset();
    }
    this.quanta++;
    return true;
  }
}

registerProcessor('plate', PlateProcessor);
