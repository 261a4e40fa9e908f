// Tries to sleep, as no worklet may; see ring.test.ts.
import { ArenaError } from '../../src-ts/index.ts';
import { Ring, type RingHandle } from '../../src-ts/ring.ts';

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new (options: any) => AudioWorkletProcessor): void;

class Sleeper extends AudioWorkletProcessor {
  constructor({ processorOptions }: { processorOptions: RingHandle<'f32'> }) {
    super();
    const ring = Ring.attach(processorOptions);
    let code = 'it slept';
    try {
      ring.waitReadable(1, 1);
    } catch (error) {
      code = error instanceof ArenaError ? error.code : String(error);
    }
    this.port.postMessage([code, String(ring.readable)]);
  }
  process(): boolean {
    return false;
  }
}

registerProcessor('sleeper', Sleeper);
