// A frame of many tiny kernel calls: one by one, and recorded once and replayed.
import { Registry } from 'arena-bind';
import { Plan } from 'arena-bind/plan';
import { openRaw } from '../peers/raw.mjs';

const CALLS = 32;
const KERNELS = ['add_f32', 'subtract_f32', 'multiply_f32'];

async function cases(length) {
  const { default: module } = await import('../../build/bench/kernels.js');
  const raw = await openRaw('build/bench/kernels.wasm');
  const registry = await Registry.create({ module });
  const scope = { exports: raw.exports };
  for (const name of KERNELS) {
    scope[name] = registry.bind(name);
    scope[`raw_${name}`] = raw.exports[`raw_${name}`];
  }
  // Each call works on what the ones before it have made.
  const views = 6;
  for (let i = 0; i < views; i++) {
    scope[`own${i}`] = registry.allocPersistent('f32', length).fill(1);
    scope[`fixed${i}`] = raw.fixed(Float32Array, length).fill(1);
  }
  const calls = (text) =>
    Array.from({ length: CALLS }, (_, i) =>
      text
        .replaceAll('$k', KERNELS[i % KERNELS.length])
        .replaceAll('$a', i % views)
        .replaceAll('$b', (i + 1) % views)
        .replaceAll('$c', (i + 2) % views),
    ).join('\n');
  const bound = calls('$k(own$a, own$b, own$c);');
  const record = new Function('scope', `const { ${Object.keys(scope)} } = scope; ${bound}`);
  scope.plan = Plan.record(registry, () => record(scope));
  return [
    {
      key: 'raw',
      name: 'bare exports: 3 addresses, a length',
      body: calls('raw_$k(fixed$a.ptr, fixed$b.ptr, fixed$c.ptr, fixed$a.length);'),
    },
    { key: 'plan', name: 'a plan, replayed', body: 'plan.run();' },
    { key: 'bound', name: 'bound kernels, all checks', body: bound },
  ].map((entry) => ({ ...entry, scope, operations: CALLS }));
}

export const tables = Object.fromEntries(
  [4, 64].map((length) => [
    `${CALLS}x${length}`,
    { title: `${CALLS} kernel calls on ${length} floats each`, cases: () => cases(length) },
  ]),
);
