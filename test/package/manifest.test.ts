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
    /^dist\/esm\/\w+\.js(\.map)?$/,
    /^dist\/cjs\/(\w+\.js(\.map)?|package\.json)$/,
    /^dist\/(esm|cjs)\/([\w-]+\/)?[\w.-]+\.d\.ts$/,
    /^src-cpp\/(runtime|heap)\.cpp$/,
    /^src-cpp\/include\/arena_bind\/(abi\.h|arena\.hpp|kernel\.hpp)$/,
    /^src-cpp\/kernels\/(signal|convert|linear|picture)\.cpp$/,
    /^src-cpp\/kernels\/\w+\.hpp$/,
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

it('brings no other package along', () => {
  expect(manifest).not.toHaveProperty('dependencies');
  expect(manifest).not.toHaveProperty('peerDependencies');
  expect(manifest).not.toHaveProperty('optionalDependencies');
  expect(manifest.sideEffects).toBe(false);
  expect(manifest.license).toBe('MIT');
  expect(readdirSync(installed('..'))).toEqual(expect.arrayContaining(['arena-bind']));
  expect(readdirSync(installed('..')).filter((name) => !name.startsWith('.'))).toEqual(['arena-bind']);
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
    // Old resolution and require can't lead to a .wasm file; bundlers and import can.
    const options = ['--format', 'ascii', '--exclude-entrypoints', './core.wasm', './core.threads.wasm'];
    const { code, output } = await node(tool('@arethetypeswrong/cli/dist/index.js'), inject('tarball'), ...options);
    expect(output).toContain('No problems found');
    expect(code).toBe(0);
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
