// What the tarball holds and declares.
import { readdirSync, readFileSync } from 'node:fs';
import { publint } from 'publint';
import { describe, expect, inject, it } from 'vitest';
import { installed, node, tool } from './project.js';

const files = readdirSync(installed(), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => `${entry.parentPath}/${entry.name}`.slice(installed().length + 1).replaceAll('\\', '/'));
const manifest = JSON.parse(readFileSync(installed('package.json'), 'utf8'));

it('holds the build, the C++ that users build with, and nothing else', () => {
  const belongs = [
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
    /^dist\/(core|core\.threads)\.wasm$/,
    /^dist\/wasm\.d\.ts$/,
    /^dist\/esm\/\w+(\.node)?\.js$/,
    /^dist\/esm\/(index|node|workerd)-\w+\.js$/, // what entries share
    /^dist\/cjs\/(\w+(\.node)?\.js|package\.json)$/,
    /^dist\/tools\/(cli|driver|vite|rollup|rolldown|webpack|rspack|esbuild)\.js$/,
    /^dist\/tools\/chunk-\w+\.js$/,
    /^dist\/(esm|cjs)\/([\w-]+\/)?[\w.-]+\.d\.ts$/,
    /^src-cpp\/(runtime|heap|libc|stack|threads)\.cpp$/,
    /^src-cpp\/(stack|threads|precompiled)\.hpp$/,
    /^src-cpp\/flags\.json$/,
    /^src-cpp\/precompiled\.hpp$/,
    /^src-cpp\/include\/arena_bind\/abi\.h$/,
    /^src-cpp\/include\/arena_bind\/(arena|memory|fail|types|struct|signature|parameter|export|kernel|ring)\.hpp$/,
    /^src-cpp\/include\/arena_bind\/(shared_arena|lease|jobs|parallel)\.hpp$/,
    /^src-cpp\/kernels\/(signal|convert|linear|picture)\.cpp$/,
    /^src-cpp\/kernels\/\w+\.hpp$/,
    /^cmake\/arena-bind-[\w-]+\.cmake$/,
    /^docs\/[\w-]+\.md$/,
  ];
  expect(files.filter((file) => !belongs.some((pattern) => pattern.test(file)))).toEqual([]);
  const missing = belongs.filter((pattern) => !files.some((file) => pattern.test(file)));
  expect(missing).toEqual([]);
  expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'CHANGELOG.md', 'dist/core.threads.wasm']));
});

it('has every file that the manifest names', () => {
  const named = JSON.stringify([manifest.exports, manifest.main, manifest.module, manifest.types]).match(
    /\.\/[\w./-]+/g,
  );
  for (const file of named ?? []) {
    if (file.includes('.', 2)) expect([...files, 'core.wasm', 'core.threads.wasm']).toContain(file.slice(2));
  }
  expect(files).toContain('dist/esm/index.js');
});

it('brings no other package along than what the plugins stand on, and the main entry imports none', () => {
  expect(Object.keys(manifest.dependencies)).toEqual(['unplugin']);
  // Who imports arena-bind/vitest has it already.
  expect(Object.keys(manifest.peerDependencies)).toEqual(['vitest']);
  expect(manifest.peerDependenciesMeta).toEqual({ vitest: { optional: true } });
  expect(manifest).not.toHaveProperty('optionalDependencies');
  for (const file of [
    'esm/index.js',
    'esm/node.js',
    'esm/workerd.js',
    'esm/structs.js',
    'esm/frames.js',
    'esm/plan.js',
    'esm/ring.js',
    'esm/hot.js',
    'cjs/node.js',
  ]) {
    const text = readFileSync(installed('dist', file), 'utf8');
    const names = Array.from(
      text.matchAll(/(?:\bfrom|\bimport|\brequire\()\s*["']([^"'\n]+)["']/g),
      ([, name]) => name,
    );
    expect(
      names.filter(
        (name) => !/^(node:|\.\.\/core\.wasm$|\.\/(index|node|workerd)-\w+\.js$|arena-bind$)/.test(name as string),
      ),
    ).toEqual([]);
  }
  // To import these does something: they attach, work and register matchers.
  expect(manifest.sideEffects.filter((file: string) => file.startsWith('./dist'))).toEqual([
    './dist/esm/threads.js',
    './dist/esm/threads.node.js',
    './dist/esm/worker.js',
    './dist/esm/worker.node.js',
    './dist/esm/vitest.js',
  ]);
  expect(manifest.license).toBe('MIT');
});

it('runs no script of its own when it is installed', () => {
  const scripts = Object.keys(manifest.scripts ?? {});
  expect(scripts.filter((name) => ['preinstall', 'install', 'postinstall', 'prepare'].includes(name))).toEqual([]);
});

it('asks for conditions in an order that serves every runtime', () => {
  expect(Object.keys(manifest.exports['.'])).toEqual(['workerd', 'node', 'import', 'require']);
});

describe('linters', () => {
  it('publint has nothing to say', async () => {
    const tarball = readFileSync(inject('tarball'));
    const { messages } = await publint({ pack: { tarball: tarball.buffer.slice(0) as ArrayBuffer }, strict: true });
    expect(messages).toEqual([]);
  });

  it('are the types wrong? They are not', async () => {
    const check = async (...options: string[]) => {
      const args = [inject('tarball'), '--format', 'ascii', ...options];
      const { code, output } = await node(tool('@arethetypeswrong/cli/dist/index.js'), ...args);
      return { code, output };
    };
    expect((await check('--entrypoints', '.')).output).toContain('No problems found');
    // Old resolution can't lead to the others, and require neither to a .wasm file nor to what is ESM alone.
    const others = await check('--profile', 'esm-only', '--exclude-entrypoints', './core.wasm', './core.threads.wasm');
    expect(others).toMatchObject({ code: 0 });
  });
});

it('has a lock file that names no registry and every package that npm ci asks for', () => {
  const text = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8');
  expect(text).not.toContain('"resolved"');
  const { packages } = JSON.parse(text) as { packages: Record<string, Record<string, Record<string, string>>> };
  const source = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(packages['']?.devDependencies).toEqual(source.devDependencies);
  for (const [path, { optionalDependencies = {} }] of Object.entries(packages)) {
    for (const name of Object.keys(optionalDependencies)) {
      expect(
        Object.keys(packages).filter((other) => other.endsWith(`node_modules/${name}`)),
        `${path} ${name}`,
      ).not.toEqual([]);
    }
  }
});
