// Takes the custom sections (names, producers, features) out of a wasm: no engine needs them.

export function strip(wasm: Uint8Array): Uint8Array {
  const kept = [wasm.subarray(0, 8)];
  for (let at = 8; at < wasm.length; ) {
    let size = 0;
    let next = at + 1;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[next++] as number;
      size += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    next += size;
    if (wasm[at] !== 0) kept.push(wasm.subarray(at, next));
    at = next;
  }
  const out = new Uint8Array(kept.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of kept) {
    out.set(part, end);
    end += part.length;
  }
  return out;
}
