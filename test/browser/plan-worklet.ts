// Runs a plan in every quantum; see plan.test.ts.
import { type PrebuiltKernels, Registry } from '../../src-ts/index.ts';
import { Plan } from '../../src-ts/plan.ts';

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new (options: any) => AudioWorkletProcessor): void;

class Planner extends AudioWorkletProcessor {
  private readonly plan: Plan<{ input: Float32Array; out: Float32Array }> | undefined;

  constructor({ processorOptions: { module } }: { processorOptions: { module: WebAssembly.Module } }) {
    super();
    try {
      const registry = Registry.createSync<PrebuiltKernels>({ module, capacity: 1 << 16 } as any);
      this.plan = Plan.record(registry, () => {
        const [input, scaled, out] = [registry.f32(128), registry.f32(128), registry.f32(128)];
        registry.bind('scale')(input, scaled, 0.5);
        registry.bind('add')(input, scaled, out);
        return { input, out };
      });
    } catch (error) {
      this.port.postMessage(String(error));
    }
  }

  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const input = inputs[0]?.[0];
    const output = outputs[0]?.[0];
    if (this.plan === undefined || input === undefined || output === undefined) return true;
    this.plan.value.input.set(input);
    this.plan.run();
    output.set(this.plan.value.out);
    return true;
  }
}

registerProcessor('planner', Planner);
