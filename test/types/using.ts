// Right use where the compiler knows `using`; the package brings the library for it along.
import { Registry } from 'arena-bind';

using registry = Registry.createSync();
{
  using frame = registry.openFrame();
  registry.f32(16);
  console.log(frame);
}
