// Large vectors that stay where they are, as benchmarks of such packages have them.
import { Registry } from 'arena-bind';
import { openRaw } from '../peers/raw.mjs';

async function cases(length, { raw: rawBody, bound, loop, map }) {
  const raw = await openRaw('dist/core.wasm');
  const registry = await Registry.create();
  const noise = (view) => view.map((_, i) => Math.sin(i));
  const [a, b, out] = [1, 2, 3].map(() => noise(new Float32Array(length)));
  const own = [a, b, out].map((data) => registry.allocPersistent('f32', data));
  const fixed = [a, b, out].map((data) => {
    const view = raw.fixed(Float32Array, length);
    view.set(data);
    return view;
  });
  const scope = {
    registry,
    exports: raw.exports,
    ...{ a, b, out },
    ...{ ownA: own[0], ownB: own[1], ownOut: own[2] },
    ...{ x: fixed[0], y: fixed[1], z: fixed[2] },
    listA: [...a],
    listB: [...b],
    add: registry.bind('add'),
    scale: registry.bind('scale'),
  };
  return [
    { key: 'raw', name: 'bare export, fixed views', body: rawBody },
    { key: 'registry', name: 'bound kernel, persistent views', body: bound },
    { key: 'loop', name: 'plain JavaScript, a loop over arrays', body: loop },
    { key: 'map', name: 'plain JavaScript, Array.map', body: map },
  ].map((entry) => ({ ...entry, scope }));
}

export const tables = {
  add: {
    title: 'add of 50,000 floats',
    first: 1,
    cases: () =>
      cases(50_000, {
        raw: 'exports.add(x.ptr, x.length, y.ptr, y.length, z.ptr, z.length);',
        bound: 'add(ownA, ownB, ownOut);',
        loop: 'for (let k = 0; k < out.length; k++) out[k] = a[k] + b[k];',
        map: 'sink += listA.map((value, k) => value + listB[k])[0];',
      }),
  },
  scale: {
    title: 'scale of 100,000 floats',
    first: 1,
    cases: () =>
      cases(100_000, {
        raw: 'exports.scale(x.ptr, x.length, z.ptr, z.length, 1.5, 0);',
        bound: 'scale(ownA, ownOut, 1.5);',
        loop: 'for (let k = 0; k < out.length; k++) out[k] = a[k] * 1.5;',
        map: 'sink += listA.map((value) => value * 1.5)[0];',
      }),
  },
};
