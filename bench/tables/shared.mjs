// The same frames where the memory is shared, by a registry of two threads of which one works.
import { peerFrames } from '../peers/frames.mjs';
import { ownFrames } from './frame.mjs';

async function cases(floats) {
  const [raw] = await peerFrames(floats);
  const { data, result } = raw.scope;
  const [one] = await ownFrames({ data, result });
  const [shared] = await ownFrames({ data, result }, { threads: 2 });
  return [
    { ...one, key: 'one', name: 'registry, one thread' },
    { ...shared, key: 'shared', name: 'registry, threads: 2' },
    raw,
  ];
}

export const tables = Object.fromEntries(
  [128, 1024, 65536].map((floats) => [
    floats,
    {
      title: `a frame in shared memory: ${floats.toLocaleString('en')} floats in, apply_filter, out, reset`,
      first: floats > 10000 ? 1 : 100,
      cases: () => cases(floats),
    },
  ]),
);
