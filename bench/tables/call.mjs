// What a call of a kernel costs, on 4 elements.
import { Registry } from 'arena-bind';
import { openRaw } from '../peers/raw.mjs';

const F32 = ['Float32Array', 'f32'];
/** Three kernels of f32 and three of other types. */
const SIX = {
  add_f32: F32,
  subtract_f32: F32,
  multiply_f32: F32,
  add_i16: ['Int16Array', 'i16'],
  blend_u8: ['Uint8Array', 'u8'],
  add_f64: ['Float64Array', 'f64'],
};
const NAMES = Object.keys(SIX);
const LENGTH = 4;

async function scopes(names) {
  const { default: kernels } = await import('../../build/bench/kernels.js');
  const raw = await openRaw('build/bench/kernels.wasm');
  const registry = await Registry.create({ module: kernels });
  const scope = { registry, exports: raw.exports, bound: [], plain: [], sets: [], fixed: [] };
  for (const name of names) {
    const [array, type] = SIX[name];
    const fixed = [1, 2, 3].map(() => raw.fixed(globalThis[array], LENGTH));
    const views = [1, 2, 3].map(() => registry[type](LENGTH));
    for (const view of [...fixed, ...views]) view.fill(1);
    scope.bound.push(registry.bind(name));
    scope.plain.push(raw.exports[`raw_${name}`]);
    scope.sets.push(views);
    scope.fixed.push(fixed);
    scope[`bound_${name}`] = registry.bind(name);
    scope[`plain_${name}`] = raw.exports[`raw_${name}`];
    scope[`slots_${name}`] = raw.exports[name];
    [scope[`a_${name}`], scope[`b_${name}`], scope[`c_${name}`]] = views;
    [scope[`x_${name}`], scope[`y_${name}`], scope[`z_${name}`]] = fixed;
  }
  return scope;
}

/** Calls of `names`, one after the other, in one function. */
function cases(scope, names) {
  const all = (text) => names.map((name) => text.replaceAll('$', name)).join('\n');
  return [
    {
      key: 'raw',
      name: 'bare export: 3 addresses, a length',
      body: all('plain_$(x_$.ptr, y_$.ptr, z_$.ptr, x_$.length);'),
    },
    { key: 'bound', name: 'bound kernel, all checks', body: all('bound_$(a_$, b_$, c_$);') },
    {
      key: 'slots',
      name: 'its own export: 3 addresses, 3 lengths',
      body: all('slots_$(x_$.ptr, x_$.length, y_$.ptr, y_$.length, z_$.ptr, z_$.length);'),
    },
    { key: 'bind', name: 'bind and call', body: all("registry.bind('$')(a_$, b_$, c_$);") },
  ].map((entry) => ({ ...entry, scope, operations: names.length }));
}

const inOneFunction = async (names) => cases(await scopes([...new Set(names)]), names);

export const tables = {
  one: { title: 'a call on 4 floats, one kernel', cases: () => inOneFunction(['add_f32']) },
  six: { title: 'a call on 4 elements, six kernels of four types', cases: () => inOneFunction(NAMES) },
  sites: {
    title: 'a call on 4 elements, 36 call sites in one function',
    cases: () => inOneFunction(Array.from({ length: 36 }, (_, i) => NAMES[i % NAMES.length])),
  },
  shared: {
    title: 'a call on 4 elements, one call site for six kernels',
    cases: async () => {
      const scope = await scopes(NAMES);
      const loop = (text) => `for (let k = 0; k < 6; k++) { ${text} }`;
      return [
        {
          key: 'raw',
          name: 'bare export: 3 addresses, a length',
          body: loop(
            'const set = fixed[k], a = set[0], b = set[1], c = set[2]; plain[k](a.ptr, b.ptr, c.ptr, a.length);',
          ),
        },
        {
          key: 'bound',
          name: 'bound kernel, all checks',
          body: loop('const set = sets[k], a = set[0], b = set[1], c = set[2]; bound[k](a, b, c);'),
        },
      ].map((entry) => ({ ...entry, scope, operations: NAMES.length }));
    },
  },
};
