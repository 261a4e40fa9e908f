// Whole builds by every bundler, run in Chromium and in Node.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { project, run } from '../cmake/project.js';
import { ALL } from '../extent.js';
import { bundle, type Settings } from './bundle.js';
import { expected, files, options } from './kernels.js';
import { type Pages, servePages } from './page.js';

const wasmFiles = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[]).filter((path) => path.endsWith('.wasm')).sort();

const CSP =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src data:";

let folder: string;
let pages: Pages;
beforeAll(async () => {
  folder = project(inject('folder'), files);
  pages = await servePages(folder);
});
afterAll(() => pages?.close());

const tried = ([name, bundler]: [string, string, object]) =>
  ALL || !(/^vite-[67]$/.test(bundler) || name === 'vite 8 with a base');
const made: [string, string, object][] = [
  ['rollup', 'rollup', {}],
  ['rolldown', 'rolldown', {}],
  ['esbuild', 'esbuild', { config: { chunkNames: 'parts/[name]-[hash]' } }],
  ['webpack', 'webpack', {}],
  ['webpack as it is without settings', 'webpack', { format: 'iife' }],
  ['rspack', 'rspack', {}],
  ['vite 5 with a base', 'vite-5', { base: '/sub/out vite 5 with a base/' }],
  ['vite 6 with a relative base and workers of one file', 'vite-6', { base: './', config: { worker: 'iife' } }],
  ['vite 7 with a relative base', 'vite-7', { base: './' }],
  ['vite 8 with a base', 'vite-8', { base: '/sub/out vite 8 with a base/' }],
  ['vite 8 with a relative base and workers of one file', 'vite-8', { base: './', config: { worker: 'iife' } }],
];

describe.each(made.filter(tried))('a page by %s', (name, bundler, settings) => {
  it('has the wasm in hashed files, which the page and the worker find', async () => {
    const out = `out ${name}`;
    const entries = { page: 'src/page.js', ...(/^(ro|es)/.test(bundler) && { worker: 'src/worker.js' }) };
    const outcome = await bundle(folder, bundler, {
      entries,
      out,
      options: { ...options, inlineLimit: 0 },
      ...settings,
    });
    expect(outcome).toEqual({ warnings: [] });
    if (!bundler.startsWith('vite')) {
      writeFileSync(
        join(folder, out, 'index.html'),
        `<!doctype html><link rel="icon" href="data:,"><script ${/settings/.test(name) ? 'defer' : 'type="module"'} src="page.js"></script>`,
      );
    }
    const names = wasmFiles(join(folder, out));
    expect(names).toEqual([
      expect.stringMatching(/filters[.-][\w-]{8,}\.wasm$/),
      expect.stringMatching(/lazy[.-][\w-]{8,}\.wasm$/),
    ]);
    expect(await pages.open(out, { 'content-security-policy': CSP })).toEqual({
      page: expected('string'),
      worker: { values: expected('string').values, wasm: 'string' },
    });
  });
});

const servers: [string, string, object][] = [
  ['rollup, as an ES module', 'rollup', {}],
  ['rollup, as CommonJS', 'rollup', { format: 'cjs' }],
  ['rolldown, as an ES module', 'rolldown', {}],
  ['rolldown, as CommonJS', 'rolldown', { format: 'cjs' }],
  ['esbuild, as an ES module', 'esbuild', {}],
  ['esbuild, as CommonJS', 'esbuild', { format: 'cjs' }],
  ['webpack, as an ES module', 'webpack', {}],
  ['webpack, as CommonJS', 'webpack', { format: 'cjs', config: { output: { publicPath: '/assets/' } } }],
  ['rspack, as an ES module', 'rspack', {}],
  ['rspack, as CommonJS', 'rspack', { format: 'cjs' }],
  ['vite 5', 'vite-5', {}],
  ['vite 8', 'vite-8', { base: '/sub/' }],
];
// These have an address that Node can read.
const FILES_IN_NODE = /^ro|esbuild, as an ES/;

it.each(servers.filter(tried))('Node runs what was made for it by %s', async (name, bundler, settings) => {
  const out = `out node ${name}`;
  const outcome = await bundle(folder, bundler, {
    entries: { main: 'src/node.js' },
    out,
    node: true,
    options: { ...options, inlineLimit: 0 },
    ...settings,
  });
  expect(outcome).toEqual({ warnings: [] });
  const file = readdirSync(join(folder, out)).find((path) => /^(main|node)\.c?js$/.test(path)) as string;
  const isFile = FILES_IN_NODE.test(name);
  expect(wasmFiles(join(folder, out))).toHaveLength(isFile ? 2 : 0);
  const { code, output } = await run(folder, process.execPath, [join(folder, out, file)]);
  expect({ code, output }).toEqual({ code: 0, output: JSON.stringify(expected(isFile ? 'string' : 'function')) });
});

const MANY = 1_000_000; // bytes: more than the module has
const page = { rollupOptions: { input: 'src/limit.js' } };
it.each<[string, string, number, object, Settings]>([
  ['up to 4096 bytes', 'rollup', 0, {}, {}],
  ['up to the limit given', 'rollup', 0, { inlineLimit: MANY }, {}],
  ['none at a limit of 0', 'rollup', 1, { inlineLimit: 0 }, {}],
  ['all at a limit of Infinity', 'rollup', 0, { inlineLimit: 'all' }, {}],
  ["up to Vite's own limit", 'vite-8', 1, {}, { config: { build: { ...page, assetsInlineLimit: 0 } } }],
  [
    'up to the limit given, whatever Vite has',
    'vite-8',
    0,
    { inlineLimit: MANY },
    { config: { build: { ...page, assetsInlineLimit: 0 } } },
  ],
  ['all where the output does not know its address', 'esbuild', 0, { inlineLimit: 0 }, { format: 'iife' }],
])('inlines %s', async (name, bundler, files, limit, settings) => {
  const out = `out ${name}`;
  const entries = { main: 'src/limit.js' };
  const outcome = await bundle(folder, bundler, { entries, out, options: { ...options, ...limit }, ...settings });
  expect(outcome).toEqual({ warnings: [] });
  expect(wasmFiles(join(folder, out))).toHaveLength(files);
});

it('writes the types that arena-bind types expects', async () => {
  const cli = join(inject('folder'), 'node_modules/arena-bind/dist/tools/cli.js');
  const args = [cli, 'types', '--check', 'src/lazy.cpp', 'src/small.cpp', '-D', 'ADDED=41'];
  const { output } = await run(folder, process.execPath, args);
  expect(output).toBe('src/lazy.d.cpp.ts is up to date src/small.d.cpp.ts is up to date');
});

it('is required as well', async () => {
  const script = "for (const name of process.argv.slice(1)) console.log(typeof require('arena-bind/' + name).default)";
  const names = ['vite', 'rollup', 'rolldown', 'webpack', 'rspack', 'esbuild'];
  const { output } = await run(folder, process.execPath, ['--input-type=commonjs', '-e', script, ...names]);
  expect(output).toBe(names.map(() => 'function').join(' '));
});
