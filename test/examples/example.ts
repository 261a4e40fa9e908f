// An example as a stranger has it: copied, its scripts run by npm, its page open in Chromium.
import { execFile } from 'node:child_process';
import { cpSync, createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Registry } from 'arena-bind';
import { type Browser, chromium, type Page } from 'playwright';
import { inject } from 'vitest';
import * as setup from '../../tools/setup.mjs';

export interface Ended {
  code: number;
  output: string;
}

export class Example {
  readonly folder: string;
  private built: Promise<Ended> | undefined;

  constructor(name: string) {
    this.folder = join(inject('examples'), name);
    const ours = ['node_modules', 'dist', 'out'];
    cpSync(fileURLToPath(new URL(`../../examples/${name}`, import.meta.url)), this.folder, {
      recursive: true,
      filter: (path) => !ours.includes(basename(path)) && !path.endsWith('.d.cpp.ts'),
    });
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  get manifest(): { scripts: Record<string, string>; [dependencies: string]: Record<string, string> } {
    return JSON.parse(readFileSync(this.path('package.json'), 'utf8'));
  }

  /** Runs `npm run script -- args`. */
  run(script: string, ...args: string[]): Promise<Ended> {
    return this.start('npm', ['run', '--silent', script, ...(args.length > 0 ? ['--', ...args] : [])]);
  }

  start(command: string, args: string[]): Promise<Ended> {
    return new Promise((resolve) => {
      const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1' };
      delete env.FORCE_COLOR;
      execFile(command, args, { cwd: this.folder, env, maxBuffer: 2 ** 26 }, (failure, stdout, stderr) =>
        resolve({ code: failure ? Number(failure.code ?? 1) : 0, output: stdout + stderr }),
      );
    });
  }

  /** A registry of the kernels in `source`, as the command line builds them. */
  async registry(source: string): Promise<Registry<any, any>> {
    const load = (path: string) => import(/* @vite-ignore */ pathToFileURL(path).href);
    const cli = this.path('../node_modules/.bin/arena-bind');
    this.built ??= this.start(cli, ['build', source, '-o', 'out/kernels']);
    const { code, output } = await this.built;
    if (code !== 0) throw new Error(output);
    const { Registry } = await load(this.path('../node_modules/arena-bind/dist/esm/node.js'));
    return Registry.create({ module: (await load(this.path('out/kernels.js'))).default });
  }

  /** The same, for a script that has to end well. */
  async succeed(script: string, ...args: string[]): Promise<string> {
    const { code, output } = await this.run(script, ...args);
    if (code !== 0) throw new Error(`npm run ${script} failed:\n${output}`);
    return output;
  }
}

const MIME: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
};

/** A built page, served as files from a folder that is not the server's root, open in Chromium. */
export class Site {
  /** What the page has complained about. */
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    readonly browser: Browser,
    private readonly stop: () => void,
  ) {
    page.on('pageerror', (failure) => this.complaints.push(failure.message));
    page.on('console', (message) => {
      const ours = !message.text().includes('GL Driver Message'); // of a machine without a graphics card
      if (ours && ['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
  }

  static open(folder: string, ...flags: string[]): Promise<Site> {
    return Site.openWith({}, folder, ...flags);
  }

  /** The same with more headers. */
  static async openWith(headers: Record<string, string>, folder: string, ...flags: string[]): Promise<Site> {
    const server = createServer((request, response) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      const path = new URL(request.url as string, 'http://localhost').pathname;
      const file = join(folder, path.replace(/^\/page\//, '/').replace(/\/$/, '/index.html'));
      if (!path.startsWith('/page/') || !existsSync(file) || !statSync(file).isFile()) {
        return void response.writeHead(404).end();
      }
      response.setHeader('content-type', MIME[extname(file)] ?? 'application/octet-stream');
      createReadStream(file).pipe(response);
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const { port } = server.address() as AddressInfo;
    return Site.visit(`http://localhost:${port}/page/`, () => server.close(), flags);
  }

  /** The page at an address that is served already; `stop` ends the server. */
  static async visit(address: string, stop: () => void, flags: string[] = []): Promise<Site> {
    const executablePath = setup.chromium() as string;
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic', ...flags] });
    const site = new Site(await browser.newPage({ viewport: { width: 1000, height: 900 } }), browser, stop);
    await site.page.goto(address);
    return site;
  }

  async text(selector: string): Promise<string> {
    return (await this.page.textContent(selector)) ?? '';
  }

  /** Moves a slider, as a user does. */
  async slide(selector: string, value: number): Promise<void> {
    await this.page.fill(selector, String(value));
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.stop();
  }
}
