// An AudioWorklet that filters through a registry of its own; see worklet.test.ts.
import { ArenaError, type PrebuiltKernels, processFrame, Registry } from '../../src-ts/index.ts';

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

export interface WorkletReport {
  frames: number;
  epoch: number;
  used: number;
  persistent: number;
  cachedViews: number;
  /** Codes of the errors that wrong uses ended with. */
  codes: string[];
  /** A text that went through the arena, or the code of the error. */
  text: string;
}

class Filter extends AudioWorkletProcessor {
  private registry: Registry<PrebuiltKernels> | undefined;
  private taps = new Float32Array();
  private history = new Float32Array();
  private frames = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<{ module: WebAssembly.Module; taps: number[] } | 'report'>) => {
      if (data === 'report') {
        this.port.postMessage(this.report());
        return;
      }
      try {
        const registry = Registry.createSync<PrebuiltKernels>({ module: data.module, capacity: 1 << 16 });
        this.taps = registry.allocPersistent('f32', data.taps);
        this.history = registry.allocPersistent('f32', data.taps.length - 1).fill(0);
        this.registry = registry;
        this.port.postMessage('ready');
      } catch (error) {
        this.port.postMessage(String(error));
      }
    };
  }

  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const input = inputs[0]?.[0];
    const output = outputs[0]?.[0];
    const { registry } = this;
    if (registry === undefined || input === undefined || output === undefined) return true;
    processFrame(registry, () => {
      const filtered = registry.f32(input.length);
      registry.bind('fir')(registry.f32(input), this.taps, this.history, filtered);
      output.set(filtered);
    });
    this.frames++;
    return true;
  }

  private report(): WorkletReport {
    const registry = this.registry as Registry<PrebuiltKernels>;
    const codeOf = (action: () => unknown): string => {
      try {
        return String(action());
      } catch (error) {
        return error instanceof ArenaError ? error.code : String(error);
      }
    };
    const { epoch, used, persistent, cachedViews } = registry.stats;
    const codes = [
      () => registry.f32(-1),
      () => registry.f32(1e9),
      () => registry.bind('fri' as 'fir'),
      () => registry.bind('sum')(new Float32Array(4)),
      () => registry.bind('dot')(registry.f32(2), registry.f32(3)),
      () => Registry.createSync({ module: 'core.wasm' as unknown as BufferSource }),
    ].map(codeOf);
    const text = codeOf(() => registry.readString(registry.writeString('aé日😀%\0\ud800')));
    return { frames: this.frames, epoch, used, persistent, cachedViews, codes, text };
  }
}

registerProcessor('filter', Filter);
