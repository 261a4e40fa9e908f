// Bundled pages, served below /sub/ and nothing else, and opened in Chromium.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { chromium } from 'playwright';
import { expect } from 'vitest';
import * as setup from '../../tools/setup.mjs';

const MIME: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

export interface Pages {
  /** Gives what the page in the folder `path` leaves as `result`, with these headers for all that it loads. */
  open(path: string, headers?: Record<string, string>): Promise<unknown>;
  close(): Promise<void>;
}

export async function servePages(folder: string): Promise<Pages> {
  let sent: Record<string, string> = {};
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url as string, 'http://localhost').pathname);
    const file = join(folder, path.replace(/^\/sub\//, ''));
    const found = path.startsWith('/sub/') && existsSync(file) && statSync(file).isFile();
    const type = MIME[extname(file)] ?? 'application/octet-stream';
    response.writeHead(found ? 200 : 404, { 'content-type': type, ...sent });
    if (found) createReadStream(file).pipe(response);
    else response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const browser = await chromium.launch({
    executablePath: setup.chromium(),
    args: ['--no-sandbox', '--disable-quic'],
  });
  return {
    async open(path, headers = {}) {
      sent = headers;
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (failure) => complaints.push(failure.message));
      try {
        await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/sub/${path}/index.html`);
        await page.waitForFunction('globalThis.result', undefined, { timeout: 20_000 }).catch(() => {});
        const result = await page.evaluate('globalThis.result');
        expect(complaints).toEqual([]);
        return result;
      } catch (error) {
        throw new Error(`${(error as Error).message}\n${complaints.join('\n')}`);
      } finally {
        await page.close();
      }
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}
