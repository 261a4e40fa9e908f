// Where tables run: each in a Node of its own, or in a page of its own whose process it shares with no other.
import { spawn } from 'node:child_process';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as setup from '../tools/setup.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const LIMIT = 180_000; // milliseconds for a table: then the engine hangs

const MIME = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };
// Every entry of the package, as browsers without a bundler have to be told.
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const scriptOf = (entry) => (entry.import ?? entry).default;
const IMPORTS = Object.fromEntries(
  Object.entries(exports)
    .filter(([, entry]) => typeof entry === 'object' && scriptOf(entry).endsWith('.js'))
    .map(([path, entry]) => [path.replace(/^\./, 'arena-bind'), scriptOf(entry).replace(/^\./, '')]),
);
const PAGE = `<!doctype html><title>bench</title><link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>`;

/** Serves the repository, and a page that can import from it; isolated, for shared memory and a fine clock. */
async function serve() {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
    response.setHeader('cross-origin-opener-policy', 'same-origin');
    response.setHeader('cross-origin-embedder-policy', 'require-corp');
    if (path === '/') {
      response.setHeader('content-type', 'text/html');
      response.end(PAGE);
      return;
    }
    const file = join(root, path);
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('content-type', MIME[extname(file)] ?? 'application/octet-stream');
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  return { url: `http://localhost:${server.address().port}/`, close: () => server.close() };
}

function runInNode(name, pace, part) {
  return new Promise((resolve, reject) => {
    const script = fileURLToPath(new URL('node.mjs', import.meta.url));
    const child = spawn(process.execPath, [script, name, JSON.stringify(pace), ...(part ? [part] : [])], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: LIMIT,
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      printed += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code !== 0) reject(new Error(`${name} ended with ${code ?? signal} in Node`));
      else resolve(JSON.parse(printed.trim().split('\n').at(-1)));
    });
  });
}

const node = async () => ({
  version: `Node ${process.versions.node}`,
  run: runInNode,
  close: async () => {},
});

const browser = (label, kind, options) => async () => {
  const playwright = await import('playwright');
  const server = await serve();
  const instance = await playwright[kind].launch(options());
  return {
    version: `${label} ${instance.version()}`,
    async run(name, pace, part) {
      const page = await instance.newPage(); // in a context of its own, and so in a process of its own
      let timer;
      try {
        await page.goto(server.url);
        const late = new Promise((_, reject) => {
          timer = setTimeout(() => reject(new Error(`${name} has not ended after ${LIMIT} ms in ${label}`)), LIMIT);
        });
        const result = page.evaluate(
          async (given) => (await import('/bench/table.mjs')).runTable(...given),
          [name, pace, part],
        );
        return await Promise.race([result, late]);
      } finally {
        clearTimeout(timer);
        await page.context().close();
      }
    },
    async close() {
      await instance.close();
      server.close();
    },
  };
};

/** By name, a function that starts the engine. */
export const ENGINES = {
  node,
  chromium: browser('Chromium', 'chromium', () => ({
    executablePath: setup.chromium(),
    args: ['--no-sandbox', '--disable-quic'],
  })),
  // Firefox as it ships speaks WebDriver BiDi; the channel makes Playwright do so as well.
  firefox: browser('Firefox', 'firefox', () => ({ executablePath: setup.firefox(), channel: 'moz-firefox' })),
};
