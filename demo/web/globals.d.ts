// What an AudioWorklet's global scope has and TypeScript's own libraries don't declare.
declare const sampleRate: number; // Hz

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

declare function registerProcessor(
  name: string,
  processor: new (options: { processorOptions: never }) => AudioWorkletProcessor,
): void;

// Vite: the file as a bundle of its own, by its address; and a file by its address.
declare module '*?worker&url' {
  const address: string;
  export default address;
}
declare module '*.wasm?url' {
  const address: string;
  export default address;
}
