// 1920 x 1080 pixels, resident and copied in and out.
import { Registry } from 'arena-bind';
import { openRaw } from '../peers/raw.mjs';

const WIDTH = 1920;
const HEIGHT = 1080;
const PIXELS = WIDTH * HEIGHT;

const noise = (view) => {
  for (let i = 0, seed = 1; i < view.length; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
    view[i] = seed >>> 24;
  }
  return view;
};

async function scopes(bytes) {
  const raw = await openRaw('dist/core.wasm');
  const registry = await Registry.create();
  const picture = noise(new Uint8Array(bytes));
  const fixed = raw.fixed(Uint8Array, bytes);
  fixed.set(picture);
  return {
    registry,
    exports: raw.exports,
    picture,
    result: new Uint8Array(PIXELS),
    row: new Float32Array(PIXELS),
    fixed,
    fixedOut: raw.fixed(Uint8Array, PIXELS),
    resident: registry.allocPersistent('u8', picture),
    residentOut: registry.allocPersistent('u8', PIXELS),
    luma: registry.bind('rgba_to_luma'),
    blur: registry.bind('gaussian_blur'),
  };
}

export const tables = {
  luma: {
    title: 'rgba_to_luma of 1920 x 1080',
    first: 1,
    async cases() {
      const scope = await scopes(4 * PIXELS);
      return [
        {
          key: 'raw',
          name: 'bare export, fixed views',
          body: 'exports.rgba_to_luma(fixed.ptr, fixed.length, fixedOut.ptr, fixedOut.length);',
        },
        { key: 'registry', name: 'bound kernel, persistent views', body: 'luma(resident, residentOut);' },
        {
          key: 'frame',
          name: 'registry, a frame: copied in and out',
          body: `const out = registry.u8(${PIXELS});
            luma(registry.u8(picture), out);
            result.set(out);
            registry.reset();`,
        },
        {
          key: 'loop',
          name: 'plain JavaScript, arrays reused',
          body: `for (let k = 0; k < ${PIXELS}; k++) {
            result[k] = (6966 * picture[4 * k] + 23436 * picture[4 * k + 1] + 2366 * picture[4 * k + 2] + 16384) >> 15;
          }`,
        },
      ].map((entry) => ({ ...entry, scope }));
    },
  },
  blur: {
    title: 'gaussian_blur of 1920 x 1080, sigma 2',
    first: 1,
    async cases() {
      const scope = await scopes(PIXELS);
      const size = `${WIDTH}, ${HEIGHT}`;
      // Two passes of 13 weights, the edges left out.
      const weights = Array.from({ length: 13 }, (_, i) => Math.exp(-((i - 6) ** 2) / 8));
      const sum = weights.reduce((total, weight) => total + weight);
      const total = (view, step) =>
        weights.map((weight, i) => `${view}[k + ${(i - 6) * step}] * ${weight / sum}`).join(' + ');
      return [
        {
          key: 'raw',
          name: 'bare export, fixed views',
          body: `exports.gaussian_blur(
            fixed.ptr, fixed.length, fixedOut.ptr, fixedOut.length, ${WIDTH}, 0, ${HEIGHT}, 0, 2, 0);`,
        },
        {
          key: 'registry',
          name: 'bound kernel, persistent views',
          body: `blur(resident, residentOut, ${size}, 2);`,
        },
        {
          key: 'loop',
          name: 'plain JavaScript, arrays reused',
          body: `for (let k = 6; k < ${PIXELS - 6}; k++) row[k] = ${total('picture', 1)};
            for (let k = ${6 * WIDTH}; k < ${PIXELS - 6 * WIDTH}; k++) result[k] = ${total('row', WIDTH)};`,
        },
      ].map((entry) => ({ ...entry, scope }));
    },
  },
};
