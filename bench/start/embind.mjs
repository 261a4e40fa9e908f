// From the bytes of the smallest module of embind to the end of its first call.
import create from '../../build/bench/hello.mjs';

export async function start(wasm) {
  const embind = await create({ wasmBinary: wasm });
  embind.add(1, 2);
  return embind;
}
