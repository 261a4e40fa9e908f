// Registries with threads in what every bundler makes: their workers start, in pages and in Node, and one thread does
// where a page isn't isolated.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { headerAdvice, ISOLATION } from '../../src-ts/threads/headers.js';
import { project, run } from '../cmake/project.js';
import { ALL } from '../extent.js';
import { bundle } from './bundle.js';
import { type Pages, servePages } from './page.js';

const FILES = {
  'package.json': '{ "name": "user", "private": true, "type": "module" }',
  'src/filters.cpp': `#include <arena_bind/parallel.hpp>
/// Squares each element.
void square(std::span<float> data) {
  arena::parallel_for(data.size(), 1000, [&](std::size_t i) { data[i] *= data[i]; });
}
ARENA_KERNEL(square, data)
std::uint32_t threads() { return arena::thread_count(); }
ARENA_KERNEL(threads)
`,
  'src/work.js': `import { Registry } from 'arena-bind';
import filters from './filters.cpp';
async function own(threads) {
  const registry = await Registry.create({ module: filters, threads });
  const data = registry.f32(10_000).fill(3);
  registry.bind('square')(data);
  await registry.run('square', data);
  const { oneThreadBecause } = registry.stats;
  const result = { right: data.every((value) => value === 81), threads: registry.bind('threads')(), oneThreadBecause };
  registry.dispose();
  return result;
}
async function prebuilt(threads) {
  const registry = await Registry.create({ threads });
  const sum = await registry.run('sum', registry.f32(1000).fill(2));
  const result = { sum, threads: registry.stats.threads };
  registry.dispose();
  return result;
}
export async function work() {
  const failed = ({ code, message }) => ({ code, message });
  const wasm = [typeof filters.wasm, typeof filters.threads];
  return { two: await own(2).catch(failed), auto: await own('auto'), prebuilt: await prebuilt('auto'), wasm };
}
`,
  'src/page.js': `import { work } from './work.js';
globalThis.result = work();
`,
  'src/inner.js': `import { work } from './work.js';
work().then(postMessage, (error) => postMessage(String(error)));
`,
  'src/outer.js': `const worker = new Worker(new URL('./inner.js', import.meta.url), { type: 'module' });
globalThis.result = new Promise((resolve) => {
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => resolve('the worker failed: ' + message);
});
`,
  'src/node.js': `import { work } from './work.js';
work().then((result) => console.log(JSON.stringify(result)));
`,
  'index.html': '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/src/page.js"></script>',
  'outer.html': '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/src/outer.js"></script>',
};
const CSP =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src data:";
const HEADERS = { ...ISOLATION, 'content-security-policy': CSP };
const options = { threads: true, inlineLimit: 0 };

/** Of a machine with two processors or more. */
const several = { right: true, threads: expect.toSatisfy((count: number) => count >= 2) };
const expected = (wasm: 'string' | 'function') => ({
  two: { right: true, threads: 2 },
  auto: several,
  prebuilt: { sum: 2000, threads: several.threads },
  wasm: [wasm, wasm],
});

let folder: string;
let pages: Pages;
beforeAll(async () => {
  folder = project(inject('folder'), FILES);
  pages = await servePages(folder);
});
afterAll(() => pages?.close());

// Each bundler and each format is in another one as well.
const repeated = ['rolldown, as a script', 'rollup, as CommonJS', 'rolldown, as CommonJS', 'rspack, as CommonJS'];
const tried = ([name, bundler]: [string, string, object]) =>
  ALL || !(/^vite-[67]$/.test(bundler) || repeated.includes(name));

async function page(name: string, bundler: string, settings: object): Promise<string> {
  const out = `out ${name}`;
  const outcome = await bundle(folder, bundler, { entries: { page: 'src/page.js' }, out, options, ...settings });
  expect(outcome).toEqual({ warnings: [] });
  if (!bundler.startsWith('vite')) {
    const attribute = 'format' in settings ? 'defer' : 'type="module"';
    const html = `<!doctype html><link rel="icon" href="data:,"><script ${attribute} src="page.js"></script>`;
    writeFileSync(join(folder, out, 'index.html'), html);
  }
  return out;
}

const made: [string, string, object][] = [
  ['rollup', 'rollup', {}],
  ['rollup, as a script', 'rollup', { format: 'iife' }],
  ['rolldown', 'rolldown', {}],
  ['rolldown, as a script', 'rolldown', { format: 'iife' }],
  ['esbuild', 'esbuild', { config: { chunkNames: 'parts/[name]-[hash]', assetNames: 'assets/[name]-[hash]' } }],
  ['webpack', 'webpack', {}],
  ['webpack, as a script', 'webpack', { format: 'iife' }],
  ['rspack', 'rspack', {}],
  ['vite 5', 'vite-5', { base: './' }],
  ['vite 6', 'vite-6', { base: './' }],
  ['vite 7', 'vite-7', { base: './' }],
  ['vite 8', 'vite-8', { base: './' }],
];

describe.each(made.filter(tried))('a page by %s', (name, bundler, settings) => {
  it('starts workers from a file of its own', async () => {
    const out = await page(name, bundler, settings);
    expect(await pages.open(out, HEADERS)).toEqual(expected('string'));
  });
});

it('esbuild, where the output does not know its address, has the script inside', async () => {
  const out = await page('esbuild as a script', 'esbuild', { format: 'iife' });
  expect(readdirSync(join(folder, out)).sort()).toEqual(['index.html', 'page.js']);
  const policy = HEADERS['content-security-policy'].replace("worker-src 'self'", 'worker-src blob:');
  expect(await pages.open(out, { ...HEADERS, 'content-security-policy': policy })).toEqual(expected('function'));
});

it('a page that is not isolated goes on with one thread, or says what to add', async () => {
  const out = await page('vite 8 without headers', 'vite-8', { base: './' });
  const reason = expect.stringContaining(
    'the page is not cross-origin isolated (Cross-Origin-Opener-Policy is missing, Cross-Origin-Embedder-Policy is missing)',
  );
  expect(await pages.open(out)).toEqual({
    two: { code: 'ERR_THREADS_UNAVAILABLE', message: expect.stringContaining(headerAdvice) },
    auto: { right: true, threads: 1, oneThreadBecause: reason },
    prebuilt: { sum: 2000, threads: 1 },
    wasm: ['string', 'string'],
  });
});

const workers: [string, string, object][] = [
  ['vite 5', 'vite-5', { config: { worker: 'iife' } }],
  ['vite 7', 'vite-7', { config: { worker: 'iife' } }],
  ['vite 8', 'vite-8', { config: { worker: 'iife' } }],
  ['webpack', 'webpack', {}],
];
it.each(workers.filter(tried))('a worker by %s starts others', async (name, bundler, settings) => {
  writeFileSync(join(folder, 'index.html'), FILES['outer.html']);
  try {
    const out = await page(`worker ${name}`, bundler, { base: './', entries: { page: 'src/outer.js' }, ...settings });
    expect(await pages.open(out, HEADERS)).toEqual(expected('string'));
  } finally {
    writeFileSync(join(folder, 'index.html'), FILES['index.html']);
  }
});

const servers: [string, string, object][] = [
  ['rollup, as an ES module', 'rollup', {}],
  ['rollup, as CommonJS', 'rollup', { format: 'cjs' }],
  ['rolldown, as an ES module', 'rolldown', {}],
  ['rolldown, as CommonJS', 'rolldown', { format: 'cjs' }],
  ['esbuild, as an ES module', 'esbuild', {}],
  ['esbuild, as CommonJS', 'esbuild', { format: 'cjs' }],
  ['webpack, as an ES module', 'webpack', {}],
  ['webpack, as CommonJS', 'webpack', { format: 'cjs' }],
  ['rspack, as an ES module', 'rspack', {}],
  ['rspack, as CommonJS', 'rspack', { format: 'cjs' }],
  ['vite 8', 'vite-8', {}],
];

it.each(servers.filter(tried))('Node runs what was made for it by %s', async (name, bundler, settings) => {
  const out = `out node ${name}`;
  const entries = { main: 'src/node.js' };
  const outcome = await bundle(folder, bundler, { entries, out, node: true, options, ...settings });
  expect(outcome).toEqual({ warnings: [] });
  const file = readdirSync(join(folder, out)).find((path) => /^(main|node)\.c?js$/.test(path)) as string;
  const { code, output } = await run(folder, process.execPath, [join(folder, out, file)]);
  expect(output).toMatch(/^\{/);
  expect({ code, result: JSON.parse(output) }).toEqual({
    code: 0,
    result: expected(/^ro|esbuild, as an ES/.test(name) ? 'string' : 'function'),
  });
});
