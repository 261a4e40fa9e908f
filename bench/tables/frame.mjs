// A whole frame: samples in, apply_filter, samples out, reset; by this package and by each peer.
import { Registry } from 'arena-bind';
import { peerFrames } from '../peers/frames.mjs';

/** The frame by this package, as `peerFrames` has it by others; `scope` has data and result. */
export async function ownFrames(scope, options = {}) {
  const registry = await Registry.create(options);
  const own = { ...scope, registry, applyFilter: registry.bind('apply_filter') };
  return [
    {
      key: 'registry',
      name: 'registry',
      scope: own,
      body: `const inputVec = registry.f32(data);
        const outputVec = registry.f32(data.length);
        applyFilter(inputVec, outputVec);
        result.set(outputVec);
        registry.reset();`,
    },
    {
      key: 'alloc',
      name: 'registry, alloc(type, ...) and bind each time',
      scope: own,
      body: `const inputVec = registry.alloc('f32', data);
        const outputVec = registry.alloc('f32', data.length);
        registry.bind('apply_filter')(inputVec, outputVec);
        result.set(outputVec);
        registry.reset();`,
    },
  ];
}

/** All of them, the bare exports first. */
export async function frames(floats) {
  const [raw, ...peers] = await peerFrames(floats);
  const { data, result } = raw.scope;
  return [raw, ...(await ownFrames({ data, result })), ...peers];
}

const LARGE = 2 ** 20;
const SLOW = ['values', 'ccall', 'bindgen', 'assembly', 'map']; // and ccall has no room on the stack

export const tables = Object.fromEntries(
  [128, 1024, 65536, LARGE].map((floats) => [
    floats,
    {
      title: `a frame: ${floats.toLocaleString('en')} floats in, apply_filter, out, reset`,
      first: floats > 10000 ? 1 : 100,
      cases: async () => (await frames(floats)).filter(({ key }) => floats < LARGE || !SLOW.includes(key)),
    },
  ]),
);
