// The kernels in Node, with types from filters.d.ts.
import { processFrame, Registry } from 'arena-bind';
import filters from './build/wasm/filters.js';

const registry = await Registry.create({ module: filters });
const signal = Float32Array.from({ length: 8 }, (_, i) => (i === 3 ? 9 : Math.sin(i)));

const [clean, loudness] = processFrame(registry, () => {
  const samples = registry.f32(signal);
  registry.bind('median')(samples, samples);
  registry.bind('smooth')(samples, samples, 0.5);
  return [samples.slice(), registry.bind('loudness')(samples)];
});
console.log(`loudness ${loudness.toFixed(3)}:`, Array.from(clean, (sample) => sample.toFixed(3)).join(' '));
