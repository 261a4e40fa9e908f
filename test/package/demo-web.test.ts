// The page of `npm run demo:web`, driven in Chromium: as a static build served by a plain server, and as it is
// developed.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import * as setup from '../../tools/setup.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tool = join(root, 'tools/demo-web.mjs');
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'arena-bind-demo-web-'));

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
afterAll(async () => {
  await browser?.close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Opening {
  before?: () => void; // runs in the page before its own scripts
  core?: string; // what the server sends as the kernels' module
  address?: string;
}

async function open({ before, core, address }: Opening = {}): Promise<void> {
  await page?.close();
  page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
  complaints = [];
  page.on('pageerror', (failure) => complaints.push(failure.message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  if (before !== undefined) await page.addInitScript(before);
  if (core !== undefined) await page.route('**/core*.wasm', (route) => route.fulfill({ body: core }));
  await page.goto(address ?? `http://localhost:${(server.address() as AddressInfo).port}/`);
}

const text = async (selector: string) => (await page.textContent(selector)) ?? '';
const count = async (selector: string) => Number((await text(selector)).replaceAll(',', ''));
const poll = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 30_000, interval: 50 });

/** Resolves when the page has worked on more frames than it had. */
const moreFrames = async () => {
  const before = await count('#frames');
  await poll(() => count('#frames')).toBeGreaterThan(before + 1);
};
const click = (label: string) => page.locator('label', { hasText: label }).click();
const setRange = (selector: string, value: number) => page.fill(selector, String(value));
const pause = async (on: boolean) => {
  if ((await text('#pause')) === (on ? 'Pause' : 'Play')) await page.click('#pause');
};

/** A digest of the picture on the screen, once what was done to the controls shows. */
const picture = () =>
  page.evaluate(async () => {
    for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
    const canvas = document.querySelector('#picture') as HTMLCanvasElement;
    const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(
      0,
      0,
      canvas.width,
      canvas.height,
    );
    const digest = await crypto.subtle.digest('SHA-1', data);
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16)).join('');
  });

describe('the page', () => {
  beforeAll(() => open());
  afterEach(() => expect(complaints).toEqual([]));

  it('runs by itself, and moves', async () => {
    await moreFrames();
    const first = await picture();
    await moreFrames();
    expect(await picture()).not.toBe(first);
  });

  it('shows other pictures for other controls', async () => {
    await pause(true);
    const ink = await picture();
    expect(await picture()).toBe(ink);

    const seen = new Set([ink]);
    for (const effect of ['Neon', 'Edges', 'Equalise', 'Posterise', 'Blur', 'Greyscale']) {
      await click(effect);
      seen.add(await picture());
    }
    expect(seen.size).toBe(7);
    await page.selectOption('#palette', 'Ember');
    seen.add(await picture());
    await click('Edges');
    seen.add(await picture());
    await setRange('#sigma', 4);
    seen.add(await picture());
    await setRange('#split', 0);
    seen.add(await picture());
    expect(seen.size).toBe(11);

    await setRange('#split', 100);
    const before = await picture();
    await click('Blur');
    expect(await picture()).toBe(before);
    await setRange('#split', 42);
    await setRange('#sigma', 0.8);
    await click('Ink');
    expect(await picture()).toBe(ink);
  });

  it('shows what the kernels made of the pixels', async () => {
    const [width, height] = [320, 180];
    await pause(true);
    await page.selectOption('#size', `${width}x${height}`);
    await setRange('#sigma', 0);
    const channels = async (effect: string, split: number) => {
      await click(effect);
      await setRange('#split', split);
      await picture();
      const encoded = await page.evaluate(() => {
        const canvas = document.querySelector('#picture') as HTMLCanvasElement;
        const context = canvas.getContext('2d') as CanvasRenderingContext2D;
        const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
        return btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(''));
      });
      const pixels = Buffer.from(encoded, 'base64');
      return [0, 1, 2].map((channel) =>
        Array.from({ length: width * height }, (_, i) => pixels[4 * i + channel] as number),
      ) as [number[], number[], number[]];
    };
    await click('Greyscale');
    await page.selectOption('#palette', 'Silver');
    const [red, green, blue] = await channels('Greyscale', 100);
    const [grey, ...greys] = await channels('Greyscale', 0);
    const luma = red.map((value, i) => 0.2126 * value + 0.7152 * (green[i] as number) + 0.0722 * (blue[i] as number));
    expect(Math.max(...luma.map((value, i) => Math.abs(value - (grey[i] as number))))).toBeLessThanOrEqual(1);
    expect(greys).toEqual([grey, grey]);

    const clamped = (value: number, most: number) => Math.max(0, Math.min(most, value));
    const edges = grey.map((_, i) => {
      const at = (right: number, down: number) => {
        const x = clamped((i % width) + right, width - 1);
        return grey[clamped(Math.floor(i / width) + down, height - 1) * width + x] as number;
      };
      const across = at(1, -1) + 2 * at(1, 0) + at(1, 1) - at(-1, -1) - 2 * at(-1, 0) - at(-1, 1);
      const along = at(-1, 1) + 2 * at(0, 1) + at(1, 1) - at(-1, -1) - 2 * at(0, -1) - at(1, -1);
      return Math.min(255, Math.round(Math.hypot(across, along)));
    });
    expect(await channels('Edges', 0)).toEqual([edges, edges, edges]);

    await setRange('#split', 42);
    await setRange('#sigma', 0.8);
    await page.selectOption('#size', '640x360');
  });

  it('plays the camera, and a video file that is chosen', async () => {
    await click('Camera');
    await poll(() => page.getAttribute('#stage', 'data-source')).toBe('camera');
    const camera = await picture();
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
    await poll(() => page.getAttribute('#stage', 'data-source')).toBe('file');
    await moreFrames();
    expect(await picture()).not.toBe(camera);
    expect(await page.getByLabel('Video', { exact: true }).isChecked()).toBe(true);

    await page.setInputFiles('#file', { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no video') });
    await poll(() => text('#picture-notice')).toContain('cannot play notes.txt');
    expect(await page.getByLabel('Video', { exact: true }).isChecked()).toBe(true);
    await click('Scene');
    await poll(() => page.getAttribute('#stage', 'data-source')).toBe('scene');
    expect(await text('#picture-notice')).toBe('');
  });

  it('says what the frame used', async () => {
    await click('Ink');
    await pause(false);
    const kernels = ['rgba_to_luma', 'histogram', 'gaussian_blur', 'sobel', 'lut'];
    await poll(() => page.locator('#steps .kernel').allTextContents()).toEqual(kernels);
    // 640 x 360: two of RGBA, luma, blurred and edges of one byte, and 256 bins.
    await poll(() => text('#arena-value')).toBe('2.42 MiB');
    await page.selectOption('#size', '320x180');
    await poll(() => text('#arena-value')).toBe('620 KiB');
  });

  it('counts collections', async () => {
    // Those of the first frames are not counted.
    await poll(() => text('#collections-note')).toMatch(/^in \d/);
    const before = await count('#collections');
    await page.evaluate(async () => {
      for (let i = 0; i < 3; i++) {
        let garbage: number[] | undefined = new Array(1e6).fill(i);
        for (let frame = 0; frame < 10; frame++) await new Promise(requestAnimationFrame);
        garbage = undefined;
        void garbage;
        (globalThis as unknown as { gc: () => void }).gc();
        for (let frame = 0; frame < 10; frame++) await new Promise(requestAnimationFrame);
      }
    });
    await poll(() => count('#collections')).toBeGreaterThanOrEqual(before + 3);
  });

  it('plays sound through the filter from the first click on', async () => {
    const level = async () => Number.parseFloat(await text('#level'));
    expect(await count('#quanta')).toBe(0);
    await page.selectOption('#sound-source', 'noise');
    await setRange('#cutoff', 1);
    await page.click('#play');
    await poll(() => count('#quanta')).toBeGreaterThan(0);
    await poll(level).toBeGreaterThan(-25);
    await setRange('#cutoff', 0);
    await poll(level).toBeLessThan(-35);
    await page.selectOption('#mode', 'High-pass');
    await poll(level).toBeGreaterThan(-25);
    // Two channels, each of 128 samples in and out.
    expect(await text('#quantum-bytes')).toBe('2.0 KiB');
    for (const source of ['microphone', 'melody']) {
      await page.selectOption('#sound-source', source);
      await poll(() => page.isEnabled('#sound-source')).toBe(true);
      expect(await page.inputValue('#sound-source')).toBe(source);
    }
    expect(await text('#sound-notice')).toBe('');
    await page.click('#play');
    await poll(() => text('#play')).toBe('Start sound');
  });

  it('is used with the keyboard alone', async () => {
    const focus = async (selector: string) => {
      for (let i = 0; i < 40; i++) {
        await page.keyboard.press('Tab');
        if (await page.locator(selector).evaluate((target) => target === document.activeElement)) return;
      }
      throw new Error(`Tab does not reach ${selector}`);
    };
    await focus('#split');
    await page.keyboard.press('End');
    await poll(() => page.inputValue('#split')).toBe('100');
    await focus('#pause');
    await page.keyboard.press('Enter');
    expect(await text('#pause')).toBe('Play');
    await focus('input[name=effect]:checked');
    await page.keyboard.press('ArrowRight');
    await poll(() => text('#after-tag')).toBe('Neon');
    for (const selector of ['#sigma', '#size', '#play', '#mode', '#cutoff', '#volume']) await focus(selector);
  });

  it('fits a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await pause(false);
    await click('Edges');
    await moreFrames();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  });
});

describe('a browser that', () => {
  it('refuses camera and microphone is told how to go on', async () => {
    await open({
      before: () => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'));
      },
    });
    await click('Camera');
    await poll(() => text('#picture-notice')).toContain('The camera is not allowed');
    expect(await page.getByLabel('Scene', { exact: true }).isChecked()).toBe(true);
    await page.click('#play');
    await poll(() => text('#play')).toBe('Stop sound');
    await page.selectOption('#sound-source', 'microphone');
    await poll(() => text('#sound-notice')).toContain('The microphone is not allowed');
    expect(await page.inputValue('#sound-source')).toBe('melody');
    await moreFrames();
    expect(complaints).toEqual([]);
  });

  it('has no WebGL and no AudioWorklet shows the picture all the same', async () => {
    await open({
      before: () => {
        Object.defineProperty(BaseAudioContext.prototype, 'audioWorklet', { get: () => undefined });
        const getContext = HTMLCanvasElement.prototype.getContext as (...args: unknown[]) => unknown;
        HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, ...args: unknown[]) {
          return args[0] === 'webgl' ? null : getContext.apply(this, args);
        } as HTMLCanvasElement['getContext'];
      },
    });
    await moreFrames();
    await page.click('#play');
    await poll(() => text('#sound-notice')).toContain('runs no AudioWorklet');
    expect(complaints).toEqual([]);
  });

  it('cannot compile the kernels gets a reason instead of a blank page', async () => {
    await open({ core: 'not a module' });
    await poll(() => text('#picture-notice')).toContain('They need WebAssembly SIMD');
    expect(await page.isDisabled('#play')).toBe(true);
  });

  it('has no WebAssembly gets a reason, too', async () => {
    await open({
      before: () => {
        delete (globalThis as { WebAssembly?: unknown }).WebAssembly;
      },
    });
    await poll(() => text('#picture-notice')).toContain('WebAssembly');
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
    onTestFinished(() => void development.kill());
    await untilReady(development);
    await open({ address: `http://localhost:${port}/` });
    await moreFrames();
    await page.click('#play');
    await poll(() => count('#quanta')).toBeGreaterThan(0);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    expect(complaints).toEqual([]);
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
