// The constants of abi.h, out of the wasm that tools/abi.cpp makes, by running it over a memory of its own.

/** [name, value] of each exported 32-bit constant. */
export function constantsOf(bytes) {
  const memory = new WebAssembly.Memory({ initial: 32, maximum: 32 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const words = new Uint32Array(memory.buffer);
  return Object.entries(exports)
    .filter(([, value]) => value instanceof WebAssembly.Global)
    .map(([name, value]) => [name, words[value.value >> 2]]);
}
