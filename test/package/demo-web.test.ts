// The page of `npm run demo:web`, driven in Chromium: as a static build served by a plain server, and as it is developed.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as setup from '../../tools/setup.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tool = join(root, 'tools/demo-web.mjs');
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'arena-bind-demo-web-'));
const PATIENCE = { timeout: 15_000, interval: 50 };

const MIME: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};
const server = createServer((request, response) => {
  const path = new URL(request.url as string, 'http://localhost').pathname;
  const file = join(folder, path === '/' ? 'index.html' : path);
  if (!existsSync(file)) return void response.writeHead(404).end();
  response.setHeader('content-type', MIME[extname(file)] ?? 'application/octet-stream');
  response.setHeader(
    'content-security-policy',
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; media-src blob:",
  );
  createReadStream(file).pipe(response);
});

let browser: Browser;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  await run(process.execPath, [tool, '--build', folder]);
  await new Promise<void>((resolve) => server.listen(0, resolve));
  browser = await chromium.launch({
    executablePath: setup.chromium() as string,
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      '--autoplay-policy=user-gesture-required',
      '--enable-precise-memory-info',
      '--js-flags=--expose-gc',
    ],
  });
});
afterEach(() => page?.close());
afterAll(async () => {
  await browser?.close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Opening {
  width?: number;
  before?: () => void; // runs in the page before its own scripts
  core?: string; // what the server sends as the kernels' module
  address?: string;
}

async function open({ width = 1280, before, core, address }: Opening = {}): Promise<void> {
  page = await browser.newPage({ viewport: { width, height: 860 } });
  complaints = [];
  page.on('pageerror', (failure) => complaints.push(failure.message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  if (before !== undefined) await page.addInitScript(before);
  if (core !== undefined) await page.route('**/core*.wasm', (route) => route.fulfill({ body: core }));
  await page.goto(address ?? `http://localhost:${(server.address() as AddressInfo).port}/`);
}

const text = async (selector: string) => (await page.textContent(selector)) ?? '';
const count = async (selector: string) => Number((await text(selector)).replaceAll(',', ''));
const frames = () => count('#frames');
const framesPast = (least: number) => expect.poll(frames, PATIENCE).toBeGreaterThan(least);
const notice = (selector: string) => expect.poll(() => text(selector), PATIENCE);

/** The picture on the screen, once what was done to the controls shows. */
const picture = () =>
  page.evaluate(async () => {
    for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
    return (document.querySelector('#picture') as HTMLCanvasElement).toDataURL();
  });
const setRange = (selector: string, value: number) => page.fill(selector, String(value));
const choose = (label: string) => page.getByLabel(label, { exact: true }).check({ force: true });

describe('the picture', () => {
  it('runs by itself, and moves', async () => {
    await open();
    await framesPast(2);
    const first = await picture();
    const then = await frames();
    await framesPast(then);
    expect(await picture()).not.toBe(first);
    expect(complaints).toEqual([]);
  });

  it('obeys its controls', async () => {
    await open();
    await framesPast(2);
    await page.click('#pause');
    const ink = await picture();
    expect(await picture()).toBe(ink);

    const seen = new Set([ink]);
    for (const effect of ['Neon', 'Edges', 'Equalise', 'Posterise', 'Blur', 'Greyscale']) {
      await choose(effect);
      seen.add(await picture());
    }
    expect(seen.size).toBe(7);
    await page.selectOption('#palette', 'Ember');
    seen.add(await picture());
    await choose('Edges');
    seen.add(await picture());
    await setRange('#sigma', 4);
    seen.add(await picture());
    await setRange('#split', 0);
    seen.add(await picture());
    expect(seen.size).toBe(11);

    await setRange('#split', 100);
    const before = await picture();
    await choose('Blur');
    expect(await picture()).toBe(before);
    await setRange('#split', 42);
    await setRange('#sigma', 1.2);
    await choose('Ink');
    expect(await picture()).toBe(ink);
    expect(complaints).toEqual([]);
  });

  it('shows what the kernels made of the pixels', async () => {
    await open();
    await framesPast(2);
    await page.click('#pause');
    await choose('Greyscale');
    const pixels = async (split: number): Promise<number[]> => {
      await setRange('#split', split);
      await picture();
      return page.evaluate(() => {
        const canvas = document.querySelector('#picture') as HTMLCanvasElement;
        const context = canvas.getContext('2d') as CanvasRenderingContext2D;
        return Array.from(context.getImageData(0, 100, canvas.width, 160).data);
      });
    };
    const colours = await pixels(100);
    const greys = await pixels(0);
    let furthest = 0;
    let uneven = 0;
    for (let i = 0; i < greys.length; i += 4) {
      const [red = 0, green = 0, blue = 0] = colours.slice(i, i + 3);
      if (greys[i] !== greys[i + 1] || greys[i] !== greys[i + 2]) uneven++;
      furthest = Math.max(furthest, Math.abs((greys[i] as number) - LUMA(red, green, blue)));
    }
    expect(uneven).toBe(0);
    expect(furthest).toBeLessThanOrEqual(1);
  });

  it('plays the camera, and a video file that is chosen', async () => {
    await open();
    await framesPast(2);
    await choose('Camera');
    await expect.poll(() => page.getAttribute('#stage', 'data-source'), PATIENCE).toBe('camera');
    await page.click('#pause');
    const camera = await picture();
    await page.click('#pause');

    const recording = await page.evaluate(async () => {
      const canvas = document.querySelector('#picture') as HTMLCanvasElement;
      const recorder = new MediaRecorder(canvas.captureStream());
      const recorded = new Promise<Blob>((resolve) => {
        recorder.ondataavailable = (event) => resolve(event.data);
      });
      recorder.start();
      for (let i = 0; i < 20; i++) await new Promise(requestAnimationFrame);
      recorder.stop();
      return Array.from(new Uint8Array(await (await recorded).arrayBuffer()));
    });
    const file = { name: 'recording.webm', mimeType: 'video/webm', buffer: Buffer.from(recording) };
    await page.setInputFiles('#file', file);
    await expect.poll(() => page.getAttribute('#stage', 'data-source'), PATIENCE).toBe('file');
    await framesPast((await frames()) + 2);
    expect(await picture()).not.toBe(camera);
    expect(await page.getByLabel('Video', { exact: true }).isChecked()).toBe(true);
    expect(complaints).toEqual([]);
  });

  it('says why the camera or a file does not play, and goes on', async () => {
    await open({
      before: () => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'));
      },
    });
    await framesPast(2);
    await choose('Camera');
    await notice('#picture-notice').toContain('The camera is not allowed');
    expect(await page.getByLabel('Scene', { exact: true }).isChecked()).toBe(true);
    await page.setInputFiles('#file', { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no video') });
    await notice('#picture-notice').toContain('cannot play notes.txt');
    await framesPast((await frames()) + 2);
    expect(complaints).toEqual([]);
  });

  it('goes on without WebGL', async () => {
    await open({
      before: () => {
        const original = HTMLCanvasElement.prototype.getContext as (
          this: HTMLCanvasElement,
          ...args: never[]
        ) => unknown;
        HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, ...args: never[]) {
          return (args[0] as string).startsWith('webgl') ? null : original.apply(this, args);
        } as never;
      },
    });
    await framesPast(2);
    expect(complaints).toEqual([]);
  });
});

describe('the figures', () => {
  it('say what the frame used', async () => {
    await open();
    await framesPast(2);
    await expect
      .poll(() => page.locator('#steps .kernel').allTextContents(), PATIENCE)
      .toEqual(['rgba_to_luma', 'histogram', 'gaussian_blur', 'sobel', 'lut']);
    // 640 x 360: two of RGBA, luma, blurred and edges of one byte, and 256 bins.
    await expect.poll(() => text('#arena-value'), PATIENCE).toBe('2.42 MiB');
    await page.selectOption('#size', '320x180');
    await expect.poll(() => text('#arena-value'), PATIENCE).toBe('620 KiB');
  });

  it('count collections', async () => {
    await open();
    await framesPast(20);
    const before = await count('#collections');
    await page.evaluate(async () => {
      const { gc } = globalThis as unknown as { gc: () => void };
      for (let i = 0; i < 3; i++) {
        let garbage: number[] | undefined = new Array(1e6).fill(i);
        for (let frame = 0; frame < 10; frame++) await new Promise(requestAnimationFrame);
        garbage = undefined;
        void garbage;
        gc();
        for (let frame = 0; frame < 10; frame++) await new Promise(requestAnimationFrame);
      }
    });
    await expect.poll(() => count('#collections'), PATIENCE).toBeGreaterThanOrEqual(before + 3);
  });
});

describe('the sound', () => {
  const level = async () => Number.parseFloat(await text('#level'));

  it('starts on a click and goes through the filter', async () => {
    await open();
    expect(await count('#quanta')).toBe(0);
    await page.selectOption('#sound-source', 'noise');
    await setRange('#cutoff', 1);
    await page.click('#play');
    await expect.poll(() => count('#quanta'), PATIENCE).toBeGreaterThan(0);
    await expect.poll(level, PATIENCE).toBeGreaterThan(-25);
    await setRange('#cutoff', 0);
    await expect.poll(level, PATIENCE).toBeLessThan(-35);
    await page.selectOption('#mode', 'High-pass');
    await expect.poll(level, PATIENCE).toBeGreaterThan(-25);
    // Two channels, each of 128 samples in and out.
    expect(await text('#quantum-bytes')).toBe('2.0 KiB');
    for (const source of ['microphone', 'melody']) {
      await page.selectOption('#sound-source', source);
      await expect.poll(() => page.isEnabled('#sound-source'), PATIENCE).toBe(true);
      expect(await page.inputValue('#sound-source')).toBe(source);
    }
    await page.click('#play');
    await expect.poll(() => text('#play'), PATIENCE).toBe('Start sound');
    expect(complaints).toEqual([]);
  });

  it('says that there is no worklet or no microphone', async () => {
    await open({
      before: () => {
        Object.defineProperty(BaseAudioContext.prototype, 'audioWorklet', { get: () => undefined });
      },
    });
    await page.click('#play');
    await notice('#sound-notice').toContain('runs no AudioWorklet');
    await page.close();

    await open({
      before: () => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'));
      },
    });
    await page.click('#play');
    await expect.poll(() => count('#quanta'), PATIENCE).toBeGreaterThan(0);
    await page.selectOption('#sound-source', 'microphone');
    await notice('#sound-notice').toContain('No microphone was found');
    expect(await page.inputValue('#sound-source')).toBe('melody');
    expect(complaints).toEqual([]);
  });
});

describe('the page', () => {
  it('fits a phone', async () => {
    await open({ width: 390 });
    await framesPast(2);
    await choose('Neon');
    await page.click('#play');
    await expect.poll(() => count('#quanta'), PATIENCE).toBeGreaterThan(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    expect(complaints).toEqual([]);
  });

  it('is used with the keyboard alone', async () => {
    await open();
    await framesPast(2);
    const focus = async (selector: string) => {
      for (let i = 0; i < 40; i++) {
        await page.keyboard.press('Tab');
        if (await page.locator(selector).evaluate((target) => target === document.activeElement)) return;
      }
      throw new Error(`Tab does not reach ${selector}`);
    };
    await focus('#split');
    await page.keyboard.press('End');
    await expect.poll(() => page.inputValue('#split'), PATIENCE).toBe('100');
    await focus('#pause');
    await page.keyboard.press('Enter');
    expect(await text('#pause')).toBe('Play');
    await focus('input[name=effect]:checked');
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => text('#after-tag'), PATIENCE).toBe('Neon');
    for (const selector of ['#sigma', '#palette', '#size', '#play', '#mode', '#cutoff', '#volume']) {
      if (await page.isEnabled(selector)) await focus(selector);
    }
  });

  it('says that a browser cannot run the kernels', async () => {
    await open({ core: 'not a module' });
    await notice('#picture-notice').toContain('They need WebAssembly SIMD');
    expect(await page.isDisabled('#play')).toBe(true);
    await page.close();

    await open({
      before: () => {
        delete (globalThis as { WebAssembly?: unknown }).WebAssembly;
      },
    });
    await notice('#picture-notice').toContain('WebAssembly');
  });
});

describe('npm run demo:web', () => {
  it('explains itself, and what is wrong with its options', async () => {
    expect((await run(process.execPath, [tool, '--help'])).stdout).toContain('--port N');
    await expect(run(process.execPath, [tool, '--port', 'x'])).rejects.toMatchObject({
      code: 1,
      stderr: 'demo:web: --port x: expected a whole number from 1 to 65535\n',
    });
    await expect(run(process.execPath, [tool, '--prot', '1'])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("Unknown option '--prot'"),
    });
  });

  it('serves the page from its sources', async () => {
    const port = await freePort();
    const development = spawn(process.execPath, [tool, '--port', String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await untilReady(development);
      await open({ address: `http://localhost:${port}/` });
      await framesPast(2);
      await page.click('#play');
      await expect.poll(() => count('#quanta'), PATIENCE).toBeGreaterThan(0);
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
      expect(complaints).toEqual([]);
    } finally {
      development.kill();
    }
  });

  it('has sources whose types fit the package', async () => {
    await run(process.execPath, [join(root, 'node_modules/typescript-7/bin/tsc'), '-p', join(root, 'demo/web')]);
  });
});

async function freePort(): Promise<number> {
  const socket = createSocket();
  await new Promise<void>((resolve) => socket.listen(0, resolve));
  const { port } = socket.address() as AddressInfo;
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

function untilReady(development: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    development.stdout?.on('data', (part) => {
      output += part;
      if (output.includes('localhost')) resolve();
    });
    development.on('exit', (code) => reject(new Error(`the server ended with ${code}: ${output}`)));
  });
}
