// As much of an AudioWorklet's global scope as is used; TypeScript's library `dom` has only the page's side.
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new (options: any) => AudioWorkletProcessor): void;
