// What bundlers make of the installed package.
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import { build } from 'vite';
import { describe, expect, inject, it } from 'vitest';
import { error, INPUT, LIFECYCLE_JS } from './lifecycle.js';
import { evaluate, installed, write } from './project.js';

interface Chunk {
  readonly name: string;
  readonly code: string;
  /** Names of the chunks that are loaded with this one, and before it is asked for anything. */
  readonly imports: readonly string[];
}

// The entry comes first.
const bundlers: Record<string, (entry: string, splitting: boolean) => Promise<Chunk[]>> = {
  async esbuild(entry, splitting) {
    const { outputFiles, metafile } = await esbuild.build({
      bundle: true,
      minify: true,
      splitting,
      write: false,
      metafile: true,
      format: 'esm',
      logLevel: 'error',
      entryPoints: [entry],
      outdir: dirname(entry),
      absWorkingDir: inject('project'),
    });
    const outputs = Object.entries(metafile.outputs).map(([path, { imports, entryPoint }], i) => ({
      name: path.split('/').at(-1) as string,
      code: outputFiles[i]?.text as string,
      imports: imports
        .filter(({ kind }) => kind === 'import-statement')
        .map(({ path }) => path.split('/').at(-1) as string),
      isEntry: entryPoint?.endsWith('entry.ts') ?? false,
    }));
    return outputs.sort((a, b) => Number(b.isEntry) - Number(a.isEntry));
  },
  // Rolldown, with what Vite adds: its helper for lazy imports, which any other lazy import of the application shares.
  async vite(entry) {
    const result = await build({
      configFile: false,
      root: inject('project'),
      logLevel: 'error',
      build: {
        write: false,
        assetsDir: '.',
        rolldownOptions: {
          input: entry,
          preserveEntrySignatures: 'strict',
          output: { codeSplitting: { groups: [{ name: 'helper', test: /vite\/preload-helper/ }] } },
        },
        modulePreload: false,
      },
    });
    const made = [result].flat().flatMap((one) => ('output' in one ? one.output : []));
    return made.flatMap((chunk) =>
      chunk.type === 'chunk'
        ? [
            {
              name: chunk.fileName,
              code: chunk.code,
              imports: chunk.imports.filter((name) => !name.includes('helper')),
            },
          ]
        : [],
    );
  },
};

function atOnce(chunks: readonly Chunk[]): Chunk[] {
  const names = new Set([chunks[0]?.name]);
  for (const name of names) {
    for (const other of chunks.find((chunk) => chunk.name === name)?.imports ?? []) names.add(other);
  }
  return chunks.filter((chunk) => names.has(chunk.name));
}

describe.each(Object.entries(bundlers))('%s', (name, bundle) => {
  const bundled = (source: string, splitting = true) => bundle(write(`${name}/entry.ts`, source), splitting);

  it.each([
    ['only types', "import type { Registry, View } from 'arena-bind';\nlet held: Registry | View<'f32'>;", 0],
    ['nothing', "import 'arena-bind';", 0],
    ['a name that is not used', "import { Registry } from 'arena-bind';", 0],
    ['only the error', "import { ArenaError } from 'arena-bind';\nconsole.log(ArenaError);", 1024],
  ])('leaves the kernels out of a bundle that imports %s', async (_, source, most) => {
    // The kernels alone are many times as long. When it splits, esbuild keeps what a lazy import needs, used or not.
    const code = atOnce(await bundled(source, false))
      .map((chunk) => chunk.code.trim())
      .join('');
    expect(code.length).toBeLessThanOrEqual(most);
  });

  it('makes a script of at most 16 KB (brotli), kernels included, that runs the lifecycle; what few need comes apart', async () => {
    const chunks = await bundled("export { Registry } from 'arena-bind';");
    const loaded = atOnce(chunks);
    const size = (those: readonly Chunk[]) => those.reduce((sum, { code }) => sum + brotliCompressSync(code).length, 0);
    const first = size(loaded);
    const lazy = chunks.filter((chunk) => !loaded.includes(chunk) && chunk.name.startsWith('index'));
    const observing = lazy.filter(({ code }) => code.includes('track-entry'));
    const later = size(lazy.filter((chunk) => !observing.includes(chunk)));
    console.log(
      `${name}: ${first} bytes as brotli, ${later} more for threads, ${size(observing)} to see what frames cost`,
    );
    expect(first).toBeLessThanOrEqual(16 * 1024);
    expect(later).toBeGreaterThan(0);
    expect(later).toBeLessThanOrEqual(17.25 * 1024);
    expect(observing).toHaveLength(1);
    expect(size(observing)).toBeLessThanOrEqual(4.25 * 1024);
    write(`${name}/package.json`, '{ "type": "module" }');
    for (const chunk of chunks) write(join(name, chunk.name), chunk.code);
    const output = await evaluate<number[]>(
      `${name}/run.mjs`,
      `import { Registry } from './${loaded[0]?.name}';
      const registry = await Registry.create();
      ${LIFECYCLE_JS}
      console.log(JSON.stringify(Array.from(processFrame(Float32Array.from(${JSON.stringify(INPUT)})))));`,
    );
    expect(error(output)).toBeLessThan(1e-6);
  });
});

it('has files of the size promised', () => {
  expect(statSync(installed('dist/core.wasm')).size).toBeLessThanOrEqual(16 * 1024);
  for (const [entry, most] of Object.entries({
    'esm/index.js': 24,
    'esm/node.js': 24,
    'esm/threads.js': 48,
    'esm/threads.node.js': 48,
    'cjs/node.js': 48, // threads in the same file
  })) {
    expect(
      filesOf(installed('dist', entry)).reduce((sum, code) => sum + brotliCompressSync(code).length, 0),
      entry,
    ).toBeLessThanOrEqual(most * 1024);
  }
});

// A file and those that it imports.
function filesOf(path: string, seen = new Set<string>()): string[] {
  if (seen.has(path)) return [];
  seen.add(path);
  const code = readFileSync(path, 'utf8');
  const others = [...code.matchAll(/(?:\bfrom|^import) "(\.\/[^"]+)"/gm)];
  return [code, ...others.flatMap(([, other]) => filesOf(join(dirname(path), other as string), seen))];
}
