// The dev server of each Vite: a saved kernel changes in a page that goes on running.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright';
import type { UserConfig } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { ISOLATION } from '../../src-ts/threads/headers.js';
import * as setup from '../../tools/setup.mjs';
import { project, tool } from '../cmake/project.js';
import { ALL, ends } from '../extent.js';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const toolbox = (path: string) => at(`test/toolbox/node_modules/${path}`);
const VITE_8 = tool('vite/dist/node/index.js');
const VITES = {
  'Vite 5': toolbox('vite-5/dist/node/index.js'),
  'Vite 6': toolbox('vite-6/dist/node/index.js'),
  'Vite 7': toolbox('vite-7/dist/node/index.js'),
  'Vite 8': VITE_8,
};

const COUNTER = `import { Registry } from 'arena-bind';
    import filters from './src/filters.cpp';
    const registry = await Registry.create({ module: filters });
    const state = registry.allocPersistent('f32', [1]);
    const work = registry.bind('work');
    function run(value = state[0]) {
      state[0] = value;
      work(state, 2);
      return state[0];
    }`;

const FILES = {
  'package.json': '{ "type": "module" }',
  'index.html': '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/main.js"></script>',
  'main.js': `${COUNTER}
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    const ask = (value) => new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage(value);
    });
    worker.onmessage = () => Object.assign(window, { run, ask, registry });
    import.meta.hot?.on('vite:afterUpdate', () => {
      window.afterUpdate = run(4);
    });`,
  'worker.js': `${COUNTER}
    onmessage = ({ data }) => postMessage(run(data));
    postMessage('ready');`,
  'sound.html': '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/sound.js"></script>',
  'sound.js': `${COUNTER}
    const context = new OfflineAudioContext(1, 128, 48_000);
    await context.audioWorklet.addModule(new URL('./worklet.js', import.meta.url));
    new AudioWorkletNode(context, 'counter').connect(context.destination);
    const sound = (await context.startRendering()).getChannelData(0);
    window.both = [sound[0], run()];`,
  'worklet.js': `import { Registry } from 'arena-bind';
    import filters from './src/filters.cpp';
    registerProcessor('counter', class extends AudioWorkletProcessor {
      registry = Registry.createSync({ module: filters });
      process(_, [[output]]) {
        const block = this.registry.f32(output.length).fill(0.25);
        this.registry.bind('work')(block, 2);
        output.set(block);
        this.registry.reset();
        return true;
      }
    });`,
  'server.js': `${COUNTER}
    export { run };`,
  'threads.html': '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/threads.js"></script>',
  'threads.js': `import { Registry } from 'arena-bind';
    import module from './src/filters.cpp';
    const registry = await Registry.create({ module, threads: 2 });
    const data = registry.f32([1, 2]);
    registry.bind('work')(data, 2);
    await registry.run('work', data, 2);
    window.answer = [...data, registry.stats.threads];`,
  'plain.html': '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/plain.js"></script>',
  'plain.js': `import { Registry } from 'arena-bind';
    const registry = await Registry.create({ threads: 2 });
    window.answer = [await registry.run('sum', registry.f32([1, 2])), registry.stats.threads];`,
  'src/filters.cpp': `#include <arena_bind/kernel.hpp>
#include "amount.hpp"
struct Point { FIELDS; };
ARENA_STRUCT(Point, x)
void work(std::span<float> data, float by) { for (float &x : data) x = x * by + AMOUNT; }
ARENA_KERNEL(work, data, by)
void move(std::span<Point> points) { for (Point &point : points) point.x++; }
ARENA_KERNEL(move, points)
`,
  'src/amount.hpp': '#define AMOUNT 0\n#define FIELDS float x\n',
};

// The package lies outside of the project here, from where Vite serves no worker's file.
const OUTSIDE = { server: { fs: { strict: false } } };

// For machines with other things to do.
const PATIENCE = 300_000;

let root: string;
let browser: Browser;
beforeAll(async () => {
  root = project(inject('folder'), FILES);
  browser = await chromium.launch({ executablePath: setup.chromium(), args: ['--no-sandbox', '--disable-quic'] });
});
afterAll(() => browser?.close());

const write = (name: keyof typeof FILES, text: string) => writeFileSync(join(root, name), text);
const change = (name: keyof typeof FILES, before: string, after: string) => {
  const text = readFileSync(join(root, name), 'utf8');
  if (!text.includes(before)) throw new Error(`${name} has no ${before}`);
  write(name, text.replace(before, after));
};
beforeEach(() => {
  for (const [name, text] of Object.entries(FILES)) write(name as keyof typeof FILES, text);
});

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** The project, served. */
async function serve(vite: string, { server, ...config }: UserConfig = {}, options = {}) {
  const { createServer, preview } = await import(vite);
  const { default: arenaBind } = await import(join(inject('folder'), 'node_modules/arena-bind/dist/tools/vite.js'));
  const all = {
    root,
    configFile: false,
    logLevel: 'silent',
    plugins: [arenaBind(options)],
    ...config,
    server: { port: 0, ...server },
  };
  const made = await createServer(all);
  closing.push(() => made.close());
  await made.listen();
  const url = `http://localhost:${made.httpServer.address().port}/`;
  return { server: made, url, preview: () => preview(all) };
}

/** A page of it, and what it says of us. */
async function open(url: string): Promise<{ page: Page; said: string[] }> {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  closing.unshift(() => page.close());
  const said: string[] = [];
  const listen = (text: string) => text.includes('arena-bind') && said.push(text);
  page.on('console', (message) => listen(message.text()));
  page.on('pageerror', (failure) => listen(failure.message));
  await page.goto(url);
  return { page, said };
}

const overlay = (page: Page) =>
  page.evaluate(() => {
    const root = document.querySelector('vite-error-overlay')?.shadowRoot;
    return ['.message', '.file', '.frame']
      .map((part) => root?.querySelector(part)?.textContent ?? '')
      .join('\n')
      .trim();
  });

describe.each(ends(Object.entries(VITES)))('%s', (_, vite) => {
  test('swaps kernels under a running page, and shows what does not compile', { timeout: PATIENCE }, async () => {
    const { server, url } = await serve(vite);
    const { page, said } = await open(url);
    const { run } = await server.ssrLoadModule('/server.js');
    await page.waitForFunction('window.run');
    expect(await page.evaluate('[run(), run()]')).toEqual([2, 4]);
    expect(await page.evaluate('ask()')).toBe(2);
    expect([run(), run()]).toEqual([2, 4]);
    expect(existsSync(join(root, 'src/filters.d.cpp.ts'))).toBe(true);

    await page.evaluate("window.kept = registry.allocPersistent('f32', [42])");
    change('src/filters.cpp', 'x * by', 'x + by');
    await page.waitForFunction('window.afterUpdate');
    expect(await page.evaluate('[afterUpdate, run(4)]')).toEqual([6, 6]);
    await page.waitForFunction('ask(4).then((value) => value === 6)');
    change('src/amount.hpp', 'AMOUNT 0', 'AMOUNT 100');
    await page.waitForFunction('run(10) === 112');
    expect((await server.ssrLoadModule('/server.js')).run(10)).toBe(112);

    change('src/amount.hpp', 'AMOUNT 100', 'AMOUNT missing');
    await page.waitForSelector('vite-error-overlay');
    expect(await overlay(page)).toMatch(
      /^\[plugin:arena-bind\] src\/filters\.cpp:5:\d+: error: use of undeclared identifier 'missing'[\s\S]*filters\.cpp:5/,
    );
    expect(await page.evaluate('run(10)')).toBe(112);
    change('src/amount.hpp', 'AMOUNT missing', 'AMOUNT 1');
    await page.waitForFunction('run(10) === 13');
    expect(await overlay(page)).toBe('');
    expect(await page.evaluate('[...kept]')).toEqual([42]);

    // What the arena may hold is not what the new build takes it for.
    await page.evaluate('window.old = true');
    change('src/amount.hpp', 'float x', 'float y, x');
    await page.waitForFunction('!window.old && window.run');
    expect(await page.evaluate('run(10)')).toBe(13);
    expect([...new Set(said)]).toEqual([
      'arena-bind: the page has to be loaded again: the struct Point has other fields than those that the arena may hold',
    ]);
  });
});

test.each(ALL ? (Object.keys(VITES) as (keyof typeof VITES)[]) : (['Vite 8'] as const))(
  '%s serves an AudioWorklet, and loads its page again when a kernel is saved',
  async (name) => {
    const { url } = await serve(VITES[name]);
    const { page, said } = await open(`${url}sound.html`);
    await page.waitForFunction('window.both');
    expect(await page.evaluate('both')).toEqual([0.5, 2]);
    change('src/amount.hpp', 'AMOUNT 0', 'AMOUNT 1');
    await page.waitForFunction('window.both?.[0] === 1.5 && both[1] === 3');
    expect(said).toEqual([]);
  },
);

test.each([5, 8] as const)(
  'Vite %i: a page that could not load for an error loads when it is gone',
  async (version) => {
    change('src/amount.hpp', 'AMOUNT 0', 'AMOUNT missing');
    const { url } = await serve(VITES[`Vite ${version}`]);
    const { page } = await open(url);
    await page.waitForSelector('vite-error-overlay');
    change('src/amount.hpp', 'AMOUNT missing', 'AMOUNT 0');
    await page.waitForFunction('window.run');
    expect(await page.evaluate('run()')).toBe(2);
    expect(await overlay(page)).toBe('');
  },
);

test.each(ALL ? (Object.keys(VITES) as (keyof typeof VITES)[]) : (['Vite 8'] as const))(
  'threads start in %s, and a saved kernel loads the page again',
  { timeout: PATIENCE },
  async (name) => {
    const { url } = await serve(VITES[name], OUTSIDE, { threads: true });
    const { page, said } = await open(`${url}threads.html`);
    await page.waitForFunction('window.answer');
    expect(await page.evaluate('answer')).toEqual([4, 8, 2]);
    change('src/filters.cpp', 'x * by', 'x + by');
    await page.waitForFunction('window.answer?.[0] === 5');
    expect(await page.evaluate('answer')).toEqual([5, 6, 2]);
    expect([...new Set(said)]).toEqual([
      'arena-bind: the page has to be loaded again: a registry has threads, which keep the build that they began with',
    ]);
  },
);

test('threads start in Vite 8 without the plugin as well', async () => {
  const { url } = await serve(VITE_8, { plugins: [], server: { ...OUTSIDE.server, headers: ISOLATION } });
  const { page } = await open(`${url}plain.html`);
  await page.waitForFunction('window.answer');
  expect(await page.evaluate('answer')).toEqual([3, 2]);
});

test('threads isolate the page, in dev and in preview, but for what the user says', async () => {
  const headersOf = async (url: string) => {
    const { headers } = await fetch(url);
    return ['cross-origin-opener-policy', 'cross-origin-embedder-policy', 'x-own'].map((name) => headers.get(name));
  };
  const own = { server: { headers: { 'X-Own': 'yes', 'cross-origin-embedder-policy': 'credentialless' } } };
  write('src/filters.cpp', '');
  expect(await headersOf((await serve(VITE_8)).url)).toEqual([null, null, null]);
  const isolated = await serve(VITE_8, {}, { threads: true });
  expect(await headersOf(isolated.url)).toEqual(['same-origin', 'require-corp', null]);
  const { url, preview } = await serve(
    VITE_8,
    { build: { outDir: '.' }, preview: { port: 0 }, ...own },
    { threads: true },
  );
  expect(await headersOf(url)).toEqual(['same-origin', 'credentialless', 'yes']);
  const previewed = await preview();
  closing.push(() => previewed.close());
  expect(await headersOf(previewed.resolvedUrls.local[0])).toEqual(['same-origin', 'credentialless', 'yes']);
});
