// The dev server of each Vite: a saved kernel changes in a page that goes on running.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright';
import type { UserConfig } from 'vite';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import * as setup from '../../tools/setup.mjs';
import { project, tool } from '../cmake/project.js';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const toolbox = (path: string) => at(`test/toolbox/node_modules/${path}`);
const VITES = {
  'Vite 5': toolbox('vite-5/dist/node/index.js'),
  'Vite 6': toolbox('vite-6/dist/node/index.js'),
  'Vite 7': toolbox('vite-7/dist/node/index.js'),
  'Vite 8': tool('vite/dist/node/index.js'),
};

const FILES = {
  'package.json': '{ "type": "module" }',
  'index.html': '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/main.js"></script>',
  'main.js': `import { Registry } from 'arena-bind';
    import filters from './src/filters.cpp';
    window.registry = await Registry.create({ module: filters });
    window.state = registry.allocPersistent('f32', [1]);
    const work = registry.bind('work');
    window.run = () => {
      work(state, 2);
      return state[0];
    };
    window.loads = (window.loads ?? 0) + 1;`,
  'src/filters.cpp': `#include <arena_bind/kernel.hpp>
#include "amount.hpp"
void work(std::span<float> data, float by) { for (float &x : data) x = x * by + AMOUNT; }
ARENA_KERNEL(work, data, by)
`,
  'src/amount.hpp': '#define AMOUNT 0\n',
};

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: setup.chromium(), args: ['--no-sandbox', '--disable-quic'] });
});
afterAll(() => browser?.close());

interface Given {
  files?: Record<string, string>;
  /** Of the plugin. */
  options?: object;
  /** Of Vite. */
  config?: UserConfig;
}

/** A project, served, and the page open on it. */
async function open(vite: string, given: Given = {}) {
  const { files, options, config } = given;
  const root = project(inject('folder'), { ...FILES, ...files });
  const { createServer } = await import(vite);
  const { default: arenaBind } = await import(at('dist/tools/vite.js'));
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'silent',
    plugins: [arenaBind({ cache: join(inject('folder'), 'cache'), ...options })],
    ...config,
    server: { port: 0, ...config?.server },
  });
  await server.listen();
  const page = await browser.newPage();
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (failure) => said.push(failure.message));
  await page.goto(`http://localhost:${server.httpServer.address().port}/`);
  const save = (name: string, change: (text: string) => string) => {
    const file = join(root, name);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  };
  const close = async () => {
    await page.close();
    await server.close();
  };
  return { root, server, page, said, save, close };
}

const overlay = (page: Page) =>
  page.evaluate(() => {
    const root = document.querySelector('vite-error-overlay')?.shadowRoot;
    return ['.message', '.file', '.frame']
      .map((part) => root?.querySelector(part)?.textContent ?? '')
      .join('\n')
      .trim();
  });

describe.each(Object.entries(VITES))('%s', (_, vite) => {
  test('swaps kernels under a running page, and shows what does not compile', async () => {
    const { root, page, said, save, close } = await open(vite);
    const run = () => page.evaluate('run()');
    const value = () => page.evaluate('registry.bind("work")(state, 0) ?? state[0]');
    await page.waitForFunction('window.run');
    expect(await run()).toBe(2);
    expect(await run()).toBe(4);
    expect(existsSync(join(root, 'src/filters.d.cpp.ts'))).toBe(true);

    save('src/filters.cpp', (text) => text.replace('x * by', 'x + by'));
    await page.waitForFunction('registry.bind("work").length, state[0] = 1, run() === 3');
    await page.evaluate('state[0] = 10');
    save('src/amount.hpp', () => '#define AMOUNT 100\n');
    await page.waitForFunction('state[0] = 10, run() === 112');

    save('src/amount.hpp', () => '#define AMOUNT missing\n');
    await page.waitForSelector('vite-error-overlay');
    expect(await overlay(page)).toMatch(/src\/filters\.cpp:3:\d+: error: .*missing/);
    expect(await run()).toBe(214);
    save('src/amount.hpp', () => '#define AMOUNT 1\n');
    await page.waitForFunction('state[0] = 10, run() === 13');
    expect(await overlay(page)).toBe('');
    expect(await page.evaluate('loads')).toBe(1);
    expect(await value()).toBe(14);
    expect(said.filter((text) => text.includes('arena-bind'))).toEqual([]);
    await close();
  });
});
