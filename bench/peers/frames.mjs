// A frame of samples in, apply_filter, samples out, as each peer's users write it. Sources are apart: see race.mjs.
import { openRaw } from './raw.mjs';
import { read } from './read.mjs';

/** A source of its own for every user of a function. */
const own = (text) => new Function(`return ${text}`)();

const FILTER = `(data, out) => {
  const last = data.length - 1;
  for (let k = 0; k <= last; k++) {
    const before = data[Math.max(k - 2, 0)] + data[Math.min(k + 2, last)];
    const beside = data[Math.max(k - 1, 0)] + data[Math.min(k + 1, last)];
    out[k] = before * 0.0625 + beside * 0.25 + data[k] * 0.375;
  }
}`;

const MAP = `(list) => list.map((value, k) => {
  const before = list[Math.max(k - 2, 0)] + list[Math.min(k + 2, list.length - 1)];
  const beside = list[Math.max(k - 1, 0)] + list[Math.min(k + 1, list.length - 1)];
  return before * 0.0625 + beside * 0.25 + value * 0.375;
})`;

/** What wasm-bindgen's glue does for `fn(&[f32]) -> Vec<f32>`: allocate, copy in, call, copy out, free. */
const SLICE = `(embind, result) => {
  const passArray = (array, malloc) => {
    const address = malloc(array.length * 4) >>> 0;
    embind.HEAPF32.set(array, address / 4);
    return address;
  };
  return (data) => {
    embind._filter_slice(passArray(data, embind._malloc), data.length, result);
    const address = embind.HEAPU32[result / 4];
    const length = embind.HEAPU32[result / 4 + 1];
    const copy = embind.HEAPF32.subarray(address / 4, address / 4 + length).slice();
    embind._free(address);
    return copy;
  };
}`;

/** Cases for `race`: the bare exports come first. Each frame reads `data` and writes `result`. */
export async function peerFrames(floats) {
  const { MemPool } = await import('../../build/bench/malloc.mjs');
  const { default: createEmbind } = await import('../../build/bench/embind.mjs');
  const { filter: assemblyFilter } = await import('../../build/bench/assembly.js');
  const data = new Float32Array(floats).map((_, i) => Math.sin(i));
  const result = new Float32Array(floats);
  const raw = await openRaw('dist/core.wasm');
  const embind = await createEmbind({ wasmBinary: await read('build/bench/embind.wasm') });
  const fixed = { input: raw.fixed(Float32Array, floats), output: raw.fixed(Float32Array, floats) };
  const room = raw.fixed(Uint8Array, 2 ** 24);
  const pool = new MemPool({ buf: raw.buffer, start: room.ptr, end: room.ptr + room.length });
  const frame = { floats, data, result, exports: raw.exports };
  return [
    {
      key: 'raw',
      name: 'bare exports, fixed views',
      scope: { ...frame, ...fixed },
      body: `input.set(data);
        exports.apply_filter(input.ptr, input.length, output.ptr, output.length);
        result.set(output);`,
    },
    {
      key: 'view',
      name: 'bare exports, a new view with a property each time',
      scope: { ...frame, ...(await openRaw('dist/core.wasm')) },
      body: `const a = exports.arena_alloc(arena, data.byteLength, 8);
        const inputVec = new Float32Array(buffer, a, data.length);
        inputVec.ptr = a;
        inputVec.set(data);
        const b = exports.arena_alloc(arena, data.byteLength, 8);
        const outputVec = new Float32Array(buffer, b, data.length);
        outputVec.ptr = b;
        exports.apply_filter(inputVec.ptr, inputVec.length, outputVec.ptr, outputVec.length);
        result.set(outputVec);
        exports.arena_reset(arena);`,
    },
    {
      key: 'thi.ng',
      name: '@thi.ng/malloc',
      scope: { ...frame, pool },
      body: `const input = pool.mallocAs('f32', data.length);
        input.set(data);
        const output = pool.mallocAs('f32', data.length);
        exports.apply_filter(input.byteOffset, input.length, output.byteOffset, output.length);
        result.set(output);
        pool.freeAll();`,
    },
    {
      key: 'pointers',
      name: 'embind, pointers and malloc',
      scope: { ...frame, embind },
      body: `const input = embind._malloc(4 * floats), output = embind._malloc(4 * floats);
        embind.HEAPF32.set(data, input >> 2);
        embind.filter_pointers(input, output, floats);
        result.set(embind.HEAPF32.subarray(output >> 2, (output >> 2) + floats));
        embind._free(input);
        embind._free(output);`,
    },
    {
      key: 'memory',
      name: 'embind, typed_memory_view',
      scope: { ...frame, filter: new embind.Filter(floats) },
      body: 'filter.input().set(data); filter.run(); result.set(filter.output());',
    },
    {
      key: 'values',
      name: 'embind, val in and out',
      scope: { ...frame, embind },
      body: 'result.set(embind.filter_values(data));',
    },
    {
      key: 'cwrap',
      name: 'cwrap and malloc',
      scope: {
        ...frame,
        embind,
        filter: embind.cwrap('filter_plain', null, ['number', 'number', 'number']),
      },
      body: `const input = embind._malloc(4 * floats), output = embind._malloc(4 * floats);
        embind.HEAPF32.set(data, input >> 2);
        filter(input, output, floats);
        result.set(embind.HEAPF32.subarray(output >> 2, (output >> 2) + floats));
        embind._free(input);
        embind._free(output);`,
    },
    {
      key: 'ccall',
      name: "ccall, 'array'",
      scope: { ...frame, embind, bytes: new Uint8Array(data.buffer), output: embind._malloc(4 * floats) },
      body: `embind.ccall('filter_plain', null, ['array', 'number', 'number'], [bytes, output, floats]);
        result.set(embind.HEAPF32.subarray(output >> 2, (output >> 2) + floats));`,
    },
    {
      key: 'bindgen',
      name: "wasm-bindgen's copies in and out",
      scope: { ...frame, filter: own(SLICE)(embind, embind._malloc(8)) },
      body: 'result.set(filter(data));',
    },
    {
      key: 'assembly',
      name: 'AssemblyScript, its bindings',
      scope: { ...frame, filter: assemblyFilter },
      body: 'result.set(filter(data));',
    },
    {
      key: 'reused',
      name: 'plain JavaScript, arrays reused',
      scope: { ...frame, filter: own(FILTER), filtered: new Float32Array(floats) },
      body: 'filter(data, filtered); result.set(filtered);',
    },
    {
      key: 'fresh',
      name: 'plain JavaScript, a new array each time',
      scope: { ...frame, filter: own(FILTER) },
      body: 'const filtered = new Float32Array(floats); filter(data, filtered); result.set(filtered);',
    },
    {
      key: 'map',
      name: 'plain JavaScript, Array.map',
      scope: { ...frame, list: [...data], filter: own(MAP) },
      body: 'result.set(filter(list));',
    },
  ];
}
