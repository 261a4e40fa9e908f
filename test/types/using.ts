// Right use where the language has `using`.
import { Registry } from 'arena-bind';

using registry = Registry.createSync();
{
  using frame = registry.openFrame();
  registry.f32(16);
  console.log(frame);
}
