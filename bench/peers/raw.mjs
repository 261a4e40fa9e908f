// The bare exports of a module, with views made once: the limit for anything that is built on it.
import { read } from './read.mjs';

/** Opens `path`, a wasm of this package, by hand. */
export async function openRaw(path) {
  const module = await WebAssembly.compile(await read(path));
  const memory = new WebAssembly.Memory({ initial: 1040, maximum: 1040 });
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const arena = exports.arena_open(2 ** 26);
  exports._initialize?.();
  const { buffer } = memory;
  /** A view with its address as `ptr`, for good. */
  const fixed = (Type, length) => {
    const address = exports.arena_alloc(arena, length * Type.BYTES_PER_ELEMENT, 8);
    if (address === 0) throw new Error('the arena is full');
    return Object.assign(new Type(buffer, address, length), { ptr: address });
  };
  return { exports, arena, buffer, memory, fixed };
}
