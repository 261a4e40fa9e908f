// A worker with a registry of its own; see lifecycle.test.ts.
import { type PrebuiltKernels, Registry } from '../../src-ts/index.ts';

self.onmessage = ({ data }: MessageEvent<WebAssembly.Module>) => {
  const registry = Registry.createSync<PrebuiltKernels>({ module: data, capacity: 1 << 16 });
  const sum = registry.bind('sum')(registry.f32([1, 2, 3]));
  const { used } = registry.stats;
  const text = registry.readString(registry.writeString('from a worker'));
  self.postMessage({ sum, used, text });
};
