// A whole frame: samples in, apply_filter, samples out, reset.
import { Registry } from 'arena-bind';
import { openRaw } from '../peers/raw.mjs';

function filter(data, out) {
  const last = data.length - 1;
  for (let k = 0; k <= last; k++) {
    const before = data[Math.max(k - 2, 0)] + data[Math.min(k + 2, last)];
    const beside = data[Math.max(k - 1, 0)] + data[Math.min(k + 1, last)];
    out[k] = before * 0.0625 + beside * 0.25 + data[k] * 0.375;
  }
}

async function cases(floats) {
  const data = new Float32Array(floats).map((_, i) => Math.sin(i));
  const result = new Float32Array(floats);
  const raw = await openRaw('dist/core.wasm');
  const registry = await Registry.create();
  const scope = {
    data,
    result,
    registry,
    exports: raw.exports,
    input: raw.fixed(Float32Array, floats),
    output: raw.fixed(Float32Array, floats),
    // A source of its own, as the loops have.
    filter: new Function(`return ${filter}`)(),
    reused: new Float32Array(floats),
  };
  const bound = registry.bind('apply_filter');
  return [
    {
      key: 'raw',
      name: 'bare exports, fixed views',
      body: `input.set(data);
        exports.apply_filter(input.ptr, input.length, output.ptr, output.length);
        result.set(output);`,
    },
    {
      key: 'registry',
      name: 'registry',
      body: `const inputVec = registry.f32(data);
        const outputVec = registry.f32(data.length);
        applyFilter(inputVec, outputVec);
        result.set(outputVec);
        registry.reset();`,
    },
    {
      key: 'alloc',
      name: 'registry, alloc(type, ...) and bind each time',
      body: `const inputVec = registry.alloc('f32', data);
        const outputVec = registry.alloc('f32', data.length);
        registry.bind('apply_filter')(inputVec, outputVec);
        result.set(outputVec);
        registry.reset();`,
    },
    {
      key: 'javascript',
      name: 'plain JavaScript, arrays reused',
      body: 'filter(data, reused); result.set(reused);',
    },
    {
      key: 'fresh',
      name: 'plain JavaScript, a new array each time',
      body: 'const filtered = new Float32Array(data.length); filter(data, filtered); result.set(filtered);',
    },
  ].map((entry) => ({ ...entry, scope: { ...scope, applyFilter: bound } }));
}

export const tables = Object.fromEntries(
  [128, 1024, 65536, 1048576].map((floats) => [
    floats,
    {
      title: `a frame: ${floats.toLocaleString('en')} floats in, apply_filter, out, reset`,
      first: floats > 10000 ? 1 : 100,
      cases: () => cases(floats),
    },
  ]),
);
