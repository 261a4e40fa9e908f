// A .cpp imported in users' own tests, wherever Vitest runs them, with the plugin and nothing else.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import * as setup from '../../tools/setup.mjs';
import { project, tool } from '../cmake/project.js';

const JSDOM = fileURLToPath(new URL('../toolbox/node_modules/jsdom', import.meta.url));
const PACKAGES = ['vite', 'vitest', 'happy-dom', 'playwright', '@vitest/browser-playwright'];

const FILES = {
  'package.json': '{ "type": "module" }',
  'vitest.config.js': `import arenaBind from 'arena-bind/vite';
import { playwright } from '@vitest/browser-playwright';
const environment = (environment) => ({ extends: true, test: { name: environment, environment } });
const browser = (browser, launchOptions) => ({
  extends: true,
  test: {
    name: browser,
    browser: { enabled: true, headless: true, instances: [{ browser, provider: playwright({ launchOptions }) }] },
  },
});
export default {
  plugins: [arenaBind()],
  test: {
    projects: [
      environment('node'),
      environment('jsdom'),
      environment('happy-dom'),
      browser('chromium', { executablePath: ${JSON.stringify(setup.chromium())}, args: ['--no-sandbox'] }),
      browser('firefox', { executablePath: ${JSON.stringify(setup.firefox())}, channel: 'moz-firefox' }),
    ],
  },
};
`,
  'points.test.ts': `import { expectZeroGarbage, testWith } from 'arena-bind/vitest';
import { expect } from 'vitest';
import points from './src/points.cpp';
const test = testWith({ module: points, capacity: 1 << 20 });

test('moves points', ({ registry }) => {
  const two = registry.alloc('Point', [{ x: 1 }, { x: 2 }]);
  registry.bind('move')(two, 10);
  expect(two.toObjects()).toEqual([{ x: 11 }, { x: 12 }]);
});

test('scales, without garbage', ({ registry }) => {
  const scale = registry.bind('scale');
  const data = registry.allocPersistent('f32', [1]);
  expectZeroGarbage(registry, () => {
    registry.f32(128);
    scale(data, 1);
  });
  scale(data, 3);
  expect(data).toBeCloseToArray([3]);
});
`,
  'src/points.cpp': `#include <arena_bind/kernel.hpp>
#include "scale.hpp"
struct Point { double x; };
ARENA_STRUCT(Point, x)
void move(std::span<Point> points, double by) { for (Point &point : points) point.x += by; }
ARENA_KERNEL(move, points, by)
ARENA_KERNEL(scale, data, by)
`,
  'src/scale.hpp': 'inline void scale(std::span<float> data, float by) { for (float &x : data) x *= by; }\n',
};

let root: string;
beforeAll(() => {
  root = project(inject('folder'), FILES);
  for (const [name, path] of [['jsdom', JSDOM], ...PACKAGES.map((name) => [name, tool(name)])] as [string, string][]) {
    const link = join(inject('folder'), 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(path, link, 'junction');
  }
  // Vitest looks for it from where it lies itself, which is no place of this project's.
  const hooks = `export const resolve = (name, context, next) =>
    name === 'jsdom' ? next(${JSON.stringify(pathToFileURL(join(JSDOM, 'lib/api.js')).href)}, context) : next(name, context);`;
  writeFileSync(
    join(root, 'jsdom.mjs'),
    `import { register } from 'node:module';\nregister('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}));\n`,
  );
});

const running: ChildProcess[] = [];
afterAll(() => {
  for (const child of running) child.kill();
});

/** Runs Vitest in the project; what it prints can be waited for. */
function vitest(...args: string[]) {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    NO_COLOR: '1',
    NODE_OPTIONS: `--import ${pathToFileURL(join(root, 'jsdom.mjs'))}`,
  };
  for (const name of Object.keys(env)) if (/^(VITEST|FORCE_COLOR|CI$)/.test(name)) delete env[name];
  const child = spawn(process.execPath, [tool('vitest/vitest.mjs'), ...args], { cwd: root, env });
  running.push(child);
  let output = '';
  let from = 0;
  let ended = false;
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      output += text;
    });
  const end = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      ended = true;
      resolve(code);
    });
  });
  return {
    end,
    output: () => output,
    /** Waits for a line of what is printed since the last one. */
    async next(pattern: RegExp): Promise<void> {
      await expect.poll(() => ended || pattern.test(output.slice(from)), { timeout: PATIENCE }).toBe(true);
      const { index, 0: found } = pattern.exec(output.slice(from)) ?? expect.fail(`no ${pattern} in\n${output}`);
      from += index + found.length;
    },
  };
}

// For machines with other things to do.
const PATIENCE = 300_000;

test('runs in Node, jsdom, happy-dom, Chromium and Firefox', { timeout: PATIENCE }, async () => {
  const run = vitest('run', '--reporter=verbose');
  expect(await run.end, run.output()).toBe(0);
  for (const place of ['node', 'jsdom', 'happy-dom', 'chromium', 'firefox']) {
    for (const name of ['moves points', 'scales, without garbage']) {
      expect(run.output()).toMatch(new RegExp(`✓ \\|?${place}\\b.*points\\.test\\.ts > ${name}`));
    }
  }
});

test('runs again when the C++ changes, a header or the source', { timeout: PATIENCE }, async () => {
  const run = vitest('watch', '--project=node');
  await run.next(/Tests +2 passed[\s\S]*Waiting for file changes/);
  const change = async (file: string, text: string, pattern: RegExp) => {
    const save = () => writeFileSync(join(root, file), text);
    save();
    // On a busy machine Vitest says that it waits before it watches all files: what it has missed is saved again.
    const again = setInterval(save, 30_000);
    await run.next(pattern).finally(() => clearInterval(again));
  };
  const [header, source] = ['src/scale.hpp', 'src/points.cpp'] as const;
  await change(
    header,
    FILES[header].replace('*=', '+='),
    /RERUN +src\/scale\.hpp[\s\S]*Tests +1 failed \| 1 passed[\s\S]*Watching for file changes/,
  );
  await change(header, `${FILES[header]}missing`, /src\/scale\.hpp:2:\d+: error: [\s\S]*Watching for file changes/);
  await change(header, FILES[header], /Tests +2 passed[\s\S]*Waiting for file changes/);
  await change(
    source,
    FILES[source].replace('+= by', '-= by'),
    /RERUN +src\/points\.cpp[\s\S]*Tests +1 failed \| 1 passed/,
  );
});
