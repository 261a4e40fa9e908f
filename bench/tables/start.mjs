// What it takes until the first frame: bytes to load, and time. Each start in a process, or a page, of its own.
import { read } from '../peers/read.mjs';

const KEYS = { embind: 'embind, hello world', registry: 'Registry, an arena without kernels' };
const host = globalThis.process?.versions?.node ? 'node' : 'web';

export const tables = {
  bytes: {
    title: 'scripts and wasm to load, as brotli',
    engines: ['node'],
    async rows() {
      const { brotliCompressSync } = await import('node:zlib');
      const { readdirSync } = await import('node:fs');
      const size = async (path) => brotliCompressSync(await read(path)).length;
      const folder = new URL('../../build/bench/start/web/', import.meta.url);
      // What is loaded at once: the entry and the chunks that it imports, not those of threads.
      const scripts = async (entry) => {
        const code = (await read(`build/bench/start/web/${entry}`)).toString();
        const chunks = readdirSync(folder).filter((name) => new RegExp(`from ?"\\./${name}"`).test(code));
        return [entry, ...chunks];
      };
      return Promise.all(
        Object.entries(KEYS).map(async ([key, name]) => {
          const files = await scripts(`${key}.js`);
          const sizes = await Promise.all(files.map((file) => size(`build/bench/start/web/${file}`)));
          const script = sizes.reduce((sum, bytes) => sum + bytes, 0);
          const wasm = await size(`build/bench/start/${key}.wasm`);
          return { key, name, values: { 'bytes of script': script, 'bytes of wasm': wasm, bytes: script + wasm } };
        }),
      );
    },
  },
  time: {
    title: 'from the bytes of the wasm to the end of the first frame',
    fresh: Object.keys(KEYS),
    async rows(key) {
      const wasm = await read(`build/bench/start/${key}.wasm`);
      const before = performance.now();
      const { start } = await import(`../../build/bench/start/${host}/${key}.js`);
      const loaded = performance.now();
      await start(wasm);
      const done = performance.now();
      return [
        { key, name: KEYS[key], samples: [(done - loaded) * 1e6] },
        { key: `${key} import`, name: `${KEYS[key]}: its script`, samples: [(loaded - before) * 1e6] },
      ];
    },
  },
};
