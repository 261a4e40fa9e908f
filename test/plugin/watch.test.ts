// Bundlers that watch: a header counts as the source does, and an error is not the end.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { project, run } from '../cmake/project.js';
import { watch } from './bundle.js';

const HEADER = '#pragma once\n#include <arena_bind/kernel.hpp>\n';
const files = {
  'package.json': '{ "name": "user", "private": true, "type": "module" }',
  'kernels.cpp': `#include "factor.hpp"
float times(float x) { return x * FACTOR; }
ARENA_KERNEL(times, x)
`,
  'factor.hpp': `${HEADER}#define FACTOR 2\n`,
  'main.js': `import { Registry } from 'arena-bind';
import kernels from './kernels.cpp';
Registry.create({ module: kernels }).then((registry) => console.log(registry.bind('times')(10)));
`,
};

// One project, so that each text is compiled once.
const folder = project(inject('folder'), files);

it.each(['rollup', 'rolldown', 'esbuild', 'webpack', 'rspack', 'vite-8'])('%s', async (bundler) => {
  const header = join(folder, 'factor.hpp');
  writeFileSync(header, files['factor.hpp']);
  const result = async () => (await run(folder, process.execPath, [join(bundler, 'main.js')])).output;
  const watcher = watch(folder, bundler, { entries: { main: 'main.js' }, out: bundler, node: true });
  try {
    expect(await watcher.next()).toEqual({ warnings: [] });
    expect(await result()).toBe('20');

    // An error on the first line, which is found at once.
    writeFileSync(header, '#error "unfinished"\n');
    const { failure } = await watcher.next();
    expect(JSON.stringify(failure)).toMatch(/factor\.hpp.*unfinished/);

    writeFileSync(header, `${HEADER}#define FACTOR 3\n`);
    expect(await watcher.next()).toEqual({ warnings: [] });
    expect(await result()).toBe('30');
  } finally {
    await watcher.close();
  }
  expect(readFileSync(join(folder, 'kernels.d.cpp.ts'), 'utf8')).toContain('times(x: number): number;');
});
