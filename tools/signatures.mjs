// What a built module says about itself, read by running it over a memory of its own.

/** [name, value] of each exported 32-bit constant. */
export function constantsOf(bytes) {
  const { addresses, memory } = load(bytes);
  const words = new Uint32Array(memory.buffer);
  return addresses.map(([name, address]) => [name, words[address >> 2]]);
}

/** The signature line of each kernel. */
export function signaturesOf(bytes) {
  const { addresses, memory } = load(bytes);
  const data = Buffer.from(memory.buffer);
  return addresses
    .filter(([name]) => name.startsWith('arena_kernel_'))
    .map(([, address]) => data.toString('latin1', address, data.indexOf(0, address)));
}

function load(bytes) {
  const memory = new WebAssembly.Memory({ initial: 32, maximum: 32 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const addresses = Object.entries(exports)
    .filter(([, value]) => value instanceof WebAssembly.Global)
    .map(([name, value]) => [name, value.value]);
  return { addresses, memory };
}
