// The same kernel in AssemblyScript: arrays are copied in and out by the bindings that its compiler writes.
export function filter(input: Float32Array): Float32Array {
  const length = input.length;
  const last = length - 1;
  const out = new Float32Array(length);
  for (let k = 0; k < length; k++) {
    const before = unchecked(input[max(k - 2, 0)]) + unchecked(input[min(k + 2, last)]);
    const beside = unchecked(input[max(k - 1, 0)]) + unchecked(input[min(k + 1, last)]);
    // biome-ignore lint/suspicious/noAssignInExpressions: how a store is left unchecked
    unchecked((out[k] = before * 0.0625 + beside * 0.25 + unchecked(input[k]) * 0.375));
  }
  return out;
}
