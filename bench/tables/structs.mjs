// 1,000 particles moved by JavaScript, in each way to keep them; and by a kernel.
import { Registry } from 'arena-bind';

const COUNT = 1000;
const DT = 1 / 60;

export const tables = {
  particles: {
    title: '1,000 particles moved, each x and y',
    async cases() {
      const { default: module } = await import('../../build/bench/kernels.js');
      const registry = await Registry.create({ module });
      const particles = registry.allocPersistent('Particle', COUNT);
      const columns = registry.columns('Particle', COUNT, { persistent: true });
      const objects = Array.from({ length: COUNT }, (_, i) => ({ x: i / 3, y: i / 7, vx: 0.5, vy: 0.25, alive: true }));
      for (const [i, object] of objects.entries()) {
        Object.assign(particles.at(i), object);
        for (const [name, value] of Object.entries(object)) columns[name][i] = Number(value);
      }
      const bytes = new DataView(new ArrayBuffer(20 * COUNT));
      const scope = {
        particles,
        columns,
        objects,
        bytes,
        floats: new Float32Array(bytes.buffer),
        step: registry.bind('step'),
        drift: registry.bind('drift'),
      };
      const each = (text) => `for (let k = 0; k < ${COUNT}; k++) { ${text} }`;
      return [
        {
          key: 'objects',
          name: 'objects of JavaScript',
          body: each(`const p = objects[k]; p.x += p.vx * ${DT}; p.y += p.vy * ${DT};`),
        },
        {
          key: 'cursor',
          name: 'an array of structs, particles.at(i)',
          body: each(`const p = particles.at(k); p.x += p.vx * ${DT}; p.y += p.vy * ${DT};`),
        },
        {
          key: 'columns',
          name: 'columns',
          body: `const { x, y, vx, vy } = columns; ${each(`x[k] += vx[k] * ${DT}; y[k] += vy[k] * ${DT};`)}`,
        },
        {
          key: 'floats',
          name: 'one Float32Array, offsets by hand',
          body: each(`const p = 5 * k; floats[p] += floats[p + 2] * ${DT}; floats[p + 1] += floats[p + 3] * ${DT};`),
        },
        {
          key: 'dataview',
          name: 'a DataView, offsets by hand',
          body: each(`const p = 20 * k;
            bytes.setFloat32(p, bytes.getFloat32(p, true) + bytes.getFloat32(p + 8, true) * ${DT}, true);
            bytes.setFloat32(p + 4, bytes.getFloat32(p + 4, true) + bytes.getFloat32(p + 12, true) * ${DT}, true);`),
        },
        { key: 'step', name: 'a kernel on the array', body: `step(particles, ${DT});` },
        { key: 'drift', name: 'a kernel on the columns', body: `drift(columns, ${DT});` },
      ].map((entry) => ({ ...entry, scope, operations: COUNT, first: 10 }));
    },
  },
};
