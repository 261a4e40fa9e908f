// The installed package in browsers, served as files: no bundler, and a Content-Security-Policy without 'unsafe-eval'.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { type Browser, type BrowserType, chromium, firefox, type LaunchOptions, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as setup from '../../tools/setup.mjs';
import { error, INPUT, LIFECYCLE_JS } from './lifecycle.js';
import { inProject, write } from './project.js';

const MIME: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const CSP = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; img-src data:";

// A file of the project, or the page itself for whatever is not there, as servers of single-page applications do.
const server = createServer((request, response) => {
  const path = new URL(request.url as string, 'http://localhost').pathname;
  const wanted = inProject(path);
  const file = existsSync(wanted) && statSync(wanted).isFile() ? wanted : inProject('page.html');
  response.setHeader('content-type', MIME[extname(file)] ?? 'application/octet-stream');
  response.setHeader('content-security-policy', CSP);
  createReadStream(file).pipe(response);
});

beforeAll(async () => {
  write(
    'page.html',
    '<!doctype html><title>page</title><link rel="icon" href="data:,"><script type="module" src="/app.js"></script>',
  );
  write(
    'app.js',
    `import { ArenaError, Registry } from '/node_modules/arena-bind/dist/esm/index.js';

    const source = {
      'the inlined bytes': () => undefined,
      'a URL': () => '/node_modules/arena-bind/dist/core.wasm',
      'a Response': () => fetch('/node_modules/arena-bind/dist/core.wasm'),
      'bytes': async () => (await fetch('/node_modules/arena-bind/dist/core.wasm')).arrayBuffer(),
      'a module': async () => WebAssembly.compileStreaming(fetch('/node_modules/arena-bind/dist/core.wasm')),
    };
    window.lifecycle = async (from, input) => {
      const module = await source[from]();
      const registry = await Registry.create(module === undefined ? {} : { module });
      ${LIFECYCLE_JS}
      processFrame(Float32Array.from(input));
      return Array.from(processFrame(Float32Array.from(input)));
    };
    window.failure = async (module) => {
      const error = await Registry.create({ module }).catch((error) => error);
      return [error instanceof ArenaError, error.code, error.message];
    };
    window.observed = async (frames) => {
      const names = [];
      const observer = new PerformanceObserver((list) => names.push(...list.getEntries().map(({ name }) => name)));
      observer.observe({ type: 'measure' });
      const uncaught = [];
      addEventListener('error', (event) => { uncaught.push(event.message); event.preventDefault(); });
      const exceeded = ({ epoch, bytes }) => { throw new Error('frame ' + epoch + ' took ' + bytes); };
      const registry = await Registry.create({ timeline: true, budget: { bytes: 1000, exceeded } });
      for (let i = 0; i < frames; i++) {
        registry.bind('scale')(registry.f32(4), registry.f32(4), i / 2);
        if (i === 3) registry.u8(2000);
        registry.reset();
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { names, uncaught, kept: performance.getEntriesByType('measure').length, report: await registry.report() };
    };`,
  );
  await new Promise<void>((resolve) => server.listen(0, resolve));
});
afterAll(() => {
  server.close();
});

const browsers: [string, BrowserType, LaunchOptions][] = [
  ['Chromium', chromium, { executablePath: setup.chromium(), args: ['--no-sandbox', '--disable-quic'] }],
  ['Firefox', firefox, { executablePath: setup.firefox(), channel: 'moz-firefox' }],
];

describe.each(browsers)('%s', (_, type, options) => {
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await type.launch(options);
    page = await browser.newPage();
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (failure) => complaints.push(failure.message));
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/page.html`);
  });
  afterAll(() => browser?.close());

  it.each(['the inlined bytes', 'a URL', 'a Response', 'bytes', 'a module'])(
    'runs the lifecycle from %s',
    async (from) => {
      const output = await page.evaluate(`lifecycle(${JSON.stringify(from)}, ${JSON.stringify(INPUT)})`);
      expect(error(output as number[])).toBeLessThan(1e-6);
      expect(complaints).toEqual([]);
    },
  );

  const FRAMES = 500;

  it('tells observers of frames and kernels, keeps none of it, and loads what that takes by itself', async () => {
    const { names, uncaught, kept, report } = (await page.evaluate(`observed(${FRAMES})`)) as any;
    expect(names).toHaveLength(2 * FRAMES);
    expect(names.filter((name: string) => name === 'scale (arena-bind)')).toHaveLength(FRAMES);
    expect(names).toContain(`frame ${FRAMES - 1} (arena-bind)`);
    expect(uncaught).toEqual([expect.stringContaining('frame 3 took 2032')]);
    expect(kept).toBe(0);
    expect(report).toContain('All its blocks came from the cache.');
    expect(complaints).toEqual([]);
  });

  if (type === chromium) {
    it('has them in the trace that DevTools draw, as entries of tracks', async () => {
      await browser.startTracing(page, { categories: ['blink.user_timing'] });
      await page.evaluate(`observed(${FRAMES})`);
      const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
      const entries = traceEvents.filter(({ name, ph }: any) => ph === 'b' && name.endsWith(' (arena-bind)'));
      const detailOf = ({ args }: any) => JSON.parse(args.detail ?? args.data.detail).devtools;
      const track = (wanted: string) => entries.filter((entry: any) => detailOf(entry).track === wanted);
      // Also of those that took no time by the page's clock.
      expect([track('frames').length, track('kernels').length]).toEqual([FRAMES, FRAMES]);
      expect(detailOf(track('frames').at(-1))).toEqual({
        dataType: 'track-entry',
        track: 'frames',
        trackGroup: 'arena-bind',
        color: 'primary',
        tooltipText: '32 bytes in 2 blocks',
        properties: [
          ['bytes', '32'],
          ['blocks', '2'],
          ['new views', '0'],
          ['scale', expect.stringMatching(/^1 call, [\d.]+ ms$/)],
        ],
      });
      expect(detailOf(track('kernels')[3]).properties).toEqual([
        ['in', 'Float32Array, 4 elements'],
        ['out', 'Float32Array, 4 elements'],
        ['factor', '1.5'],
      ]);
    });
  }

  it('shows the first bytes of a page that came instead of the module', async () => {
    const [isArenaError, code, message] = (await page.evaluate("failure('/no/such/core.wasm')")) as [
      boolean,
      string,
      string,
    ];
    expect([isArenaError, code]).toEqual([true, 'ERR_BAD_MODULE']);
    expect(message).toContain('<!doctype html><title>page');
    expect(message).toContain('/no/such/core.wasm');
  });
});
