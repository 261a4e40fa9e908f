// From the bytes of an arena without kernels to the end of the first frame.
import { Registry } from 'arena-bind';

export async function start(wasm) {
  const registry = await Registry.create({ module: wasm });
  const view = registry.f32(128);
  view[0] = 1;
  registry.reset();
  return registry;
}
