// What bundlers make of the installed package.
import { readFileSync, statSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import { build } from 'vite';
import { describe, expect, inject, it } from 'vitest';
import { error, INPUT, LIFECYCLE_JS } from './lifecycle.js';
import { evaluate, installed, write } from './project.js';

const bundlers: Record<string, (entry: string) => Promise<string>> = {
  async esbuild(entry) {
    const options = { bundle: true, minify: true, write: false, format: 'esm', logLevel: 'error' } as const;
    const { outputFiles } = await esbuild.build({ ...options, entryPoints: [entry], absWorkingDir: inject('project') });
    return outputFiles[0]?.text as string;
  },
  // Rolldown, with what Vite adds.
  async vite(entry) {
    const result = await build({
      configFile: false,
      root: inject('project'),
      logLevel: 'error',
      build: {
        write: false,
        rolldownOptions: { input: entry, preserveEntrySignatures: 'strict' },
        modulePreload: false,
      },
    });
    const chunks = [result].flat().flatMap((made) => ('output' in made ? made.output : []));
    const [chunk] = chunks;
    if (chunks.length !== 1 || chunk?.type !== 'chunk') throw new Error('expected one script and no other file');
    return chunk.code;
  },
};

describe.each(Object.entries(bundlers))('%s', (name, bundle) => {
  const bundled = (source: string) => bundle(write(`${name}/entry.ts`, source));

  it.each([
    ['only types', "import type { Registry, View } from 'arena-bind';\nlet held: Registry | View<'f32'>;", 0],
    ['nothing', "import 'arena-bind';", 0],
    ['a name that is not used', "import { Registry } from 'arena-bind';", 0],
    ['only the error', "import { ArenaError } from 'arena-bind';\nconsole.log(ArenaError);", 1024],
  ])('leaves the kernels out of a bundle that imports %s', async (_, source, most) => {
    // The kernels alone are many times as long.
    const code = await bundled(source);
    expect(code.trim().length).toBeLessThanOrEqual(most);
  });

  it('makes one script of at most 16 KB (brotli), kernels included, that runs the lifecycle', async () => {
    const code = await bundled("export { Registry } from 'arena-bind';");
    const size = brotliCompressSync(code).length;
    console.log(`${name}: ${code.length} bytes minified, ${size} as brotli`);
    expect(size).toBeLessThanOrEqual(16 * 1024);
    write(`${name}/bundle.mjs`, code);
    const output = await evaluate<number[]>(
      `${name}/run.mjs`,
      `import { Registry } from './bundle.mjs';
      const registry = await Registry.create();
      ${LIFECYCLE_JS}
      console.log(JSON.stringify(Array.from(processFrame(Float32Array.from(${JSON.stringify(INPUT)})))));`,
    );
    expect(error(output)).toBeLessThan(1e-6);
  });
});

it('has files of the size promised', () => {
  expect(statSync(installed('dist/core.wasm')).size).toBeLessThanOrEqual(16 * 1024);
  for (const entry of ['dist/esm/index.js', 'dist/esm/node.js', 'dist/cjs/node.js']) {
    expect(brotliCompressSync(readFileSync(installed(entry))).length).toBeLessThanOrEqual(24 * 1024);
  }
});
