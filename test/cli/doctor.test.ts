// arena-bind doctor: each thing that stops a feature is found, named, and comes with what to do.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../src-ts/cli/doctor/finding.js';
import { checkNode } from '../../src-ts/cli/doctor/machine.js';
import { findProgram } from '../../src-ts/driver/process.js';
import { headerAdvice } from '../../src-ts/threads/headers.js';
import { Project, root } from './cli.js';

const project = new Project();
/** No compiler and no git. */
const HIDDEN = { PATH: project.folder, EMSDK: '', EMSCRIPTEN_ROOT: '', WASI_SDK_PATH: '' };

async function findings(args: string[] = [], env: NodeJS.ProcessEnv = HIDDEN): Promise<Finding[]> {
  const { code, out, err } = await project.run(['doctor', '--json', ...args], env);
  expect(err).toBe('');
  const found: Finding[] = JSON.parse(out);
  expect(code).toBe(found.some(({ level }) => level === 'bad') ? 1 : 0);
  return found;
}

const about = (found: Finding[], name: string) => found.filter((finding) => finding.about === name);

test('where a compiler works, all is well', async () => {
  const { code, out, err } = await project.run(['doctor']);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain(
    `ok    Node: ${process.versions.node}\nok    WebAssembly: SIMD\nok    WebAssembly: shared memory\n`,
  );
  expect(out).toMatch(/^ok {4}emcc: \d+\.\d+\.\d+, \//m);
  expect(out).toContain(`ok    cache: ${project.path('node_modules/.cache/arena-bind')}\n`);
  expect(out).not.toMatch(/^bad/m);
});

test('where there is none, it says which were looked for, and how to get one', async () => {
  const found = await findings();
  for (const name of ['emcc', 'clang', 'yowasp']) expect(about(found, name)).toMatchObject([{ level: 'note' }]);
  expect(about(found, 'C++')).toEqual([
    {
      level: 'bad',
      about: 'C++',
      says: 'no toolchain can build kernels',
      fix: expect.stringContaining('npm install -D @yowasp/clang'),
    },
  ]);
  const { code, out } = await project.run(['doctor'], HIDDEN);
  expect(code).toBe(1);
  expect(out).toMatch(/^note {2}emcc: em\+\+ is not on PATH\n {8}install one by:\n {10}/m);
});

test.each([
  ['18.20.4', ['bad', 'note', 'note'], 'install Node 20.19 or newer'],
  ['20.9.0', ['note', 'note'], 'install Node 20.19 or newer'],
  ['20.18.3', ['note'], 'install Node 20.19 or newer'],
  ['22.13.1', ['ok'], undefined],
])('Node %s', (version, levels, fix) => {
  const found = checkNode(version);
  expect(found.map(({ level }) => level)).toEqual(levels);
  expect(found[0]?.fix).toBe(fix);
});

describe('of a project', () => {
  const typescript = async () => about(await findings(), 'TypeScript');
  const ON = { level: 'ok', about: 'TypeScript', says: 'allowArbitraryExtensions is on' };

  beforeAll(() => {
    project.write('package.json', '{ "devDependencies": { "vite": "*", "webpack": "*", "vitest": "*" } }');
    project.write('node_modules/vite/package.json', '{ "version": "8.3.8" }');
    project.write('node_modules/vitest/package.json', '{ "version": "3.1.0" }');
  });

  test('bundlers are those that it names', async () => {
    const found = await findings();
    expect(about(found, 'vite')).toEqual([{ level: 'ok', about: 'vite', says: '8.3.8' }]);
    expect(about(found, 'webpack')).toMatchObject([{ level: 'note', fix: 'npm install' }]);
    expect(about(found, 'vitest')).toMatchObject([
      { says: '3.1.0 is older than what arena-bind/vitest is made for (3.2 to 4)', fix: 'npm install vitest@latest' },
    ]);
    expect(about(found, 'rollup')).toEqual([]);
  });

  test('tsconfig.json, with comments, what it extends and what it refers to', async () => {
    expect(await typescript()).toEqual([]);
    project.write('tsconfig.json', '{ "compilerOptions": { "strict": true } }');
    expect(await typescript()).toEqual([
      {
        level: 'note',
        about: 'TypeScript',
        says: 'tsconfig.json has no "allowArbitraryExtensions", which stops tsc from reading the types of an imported .cpp',
        fix: 'add "allowArbitraryExtensions": true to its compilerOptions',
      },
    ]);
    project.write('base.json', '// "a"\n{ "compilerOptions": { /* , */ "allowArbitraryExtensions": true, }, }');
    project.write('tsconfig.json', '{ "extends": ["./base"], "include": ["**/*.ts", "//"] }');
    expect(await typescript()).toEqual([ON]);
    project.write('off.json', '{ "compilerOptions": { "allowArbitraryExtensions": false } }');
    project.write('tsconfig.json', '{ "extends": ["./base", "./off"] }');
    expect(await typescript()).toMatchObject([{ level: 'note' }]);
    project.write('tsconfig.json', '{ "files": [], "references": [{ "path": "./app.json" }, { "path": "node" }] }');
    project.write('app.json', '{ "extends": "./base.json" }');
    project.write(
      'node/tsconfig.json',
      '{ "extends": "../base", "compilerOptions": { "allowArbitraryExtensions": false } }',
    );
    expect(await typescript()).toMatchObject([
      { level: 'note', says: expect.stringMatching(/^node.tsconfig\.json has no/) },
    ]);
    project.write('tsconfig.json', '{ "files": [] ');
    expect(await typescript()).toMatchObject([{ level: 'note', says: expect.stringContaining('cannot be read') }]);
    rmSync(project.path('tsconfig.json'));
  });

  test('what git ignores', async () => {
    // git alone, without the compilers that stand beside it.
    mkdirSync(project.path('bin'));
    symlinkSync(findProgram('git') as string, project.path('bin/git'));
    const git = async () => about(await findings([], { ...HIDDEN, PATH: project.path('bin') }), 'git');
    expect(await git()).toEqual([]);
    execFileSync('git', ['init', '-q'], { cwd: project.folder });
    expect(await git()).toMatchObject([{ level: 'note', fix: 'add *.d.cpp.ts to .gitignore' }]);
    project.write('.gitignore', '*.d.cpp.ts\n');
    expect(await git()).toEqual([{ level: 'ok', about: 'git', says: '*.d.cpp.ts is ignored' }]);
  });

  test('a cache that cannot be written', async () => {
    rmSync(project.path('node_modules/.cache'), { recursive: true, force: true });
    project.write('node_modules/.cache', '');
    expect(about(await findings(), 'cache')).toMatchObject([
      { level: 'note', says: expect.stringMatching(/^cannot be written \(\w+\): each build compiles everything$/) },
    ]);
    rmSync(project.path('node_modules/.cache'));
  });
});

describe('of a page', () => {
  const ISOLATED = {
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
  };
  const HTML = '<!doctype html><script type="module" src="/app.js"></script>';
  const wasm = readFileSync(join(root, 'dist/core.wasm'));
  let answers: Record<string, { headers?: Record<string, string>; body: string | Uint8Array }> = {};
  let server: Server;
  let address: string;

  beforeAll(async () => {
    server = createServer(({ url = '' }, response) => {
      const answer = answers[url];
      response.writeHead(answer ? 200 : 404, { 'Content-Type': 'text/html', ...answer?.headers });
      response.end(answer?.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(() => server.close());

  const page = async (url = address) => {
    const found = await findings(['--url', url]);
    const at = (name: string) => found.findIndex(({ about }) => about === name);
    return found.slice(at('page'), at('emcc'));
  };

  test('one that has all it takes', async () => {
    answers = {
      '/': { headers: { ...ISOLATED, 'Content-Security-Policy': "script-src 'self' 'wasm-unsafe-eval'" }, body: HTML },
      '/app.js': {
        headers: { ...ISOLATED, 'Content-Type': 'text/javascript' },
        body: "new URL('./filters.wasm', import.meta.url)",
      },
      '/filters.wasm': { headers: { 'Content-Type': 'application/wasm' }, body: wasm },
    };
    expect(await page()).toEqual([
      { level: 'ok', about: 'page', says: `${address} answers 200` },
      { level: 'ok', about: 'Content-Security-Policy', says: 'allows WebAssembly' },
      { level: 'ok', about: 'shared memory', says: 'the page is isolated' },
      { level: 'ok', about: '/filters.wasm', says: `${wasm.length.toLocaleString('en')} bytes` },
    ]);
  });

  test('one without headers: threads alone are out of reach', async () => {
    answers = { '/': { body: HTML } };
    const [, policy, isolation] = await page();
    expect(policy).toEqual({ level: 'ok', about: 'Content-Security-Policy', says: 'none' });
    expect(isolation).toMatchObject({ level: 'note', says: expect.stringContaining('(COOP none, COEP none)') });
    expect(isolation?.fix).toBe(headerAdvice);
  });

  test('one whose scripts come without the header that workers need', async () => {
    answers = { '/': { headers: ISOLATED, body: HTML }, '/app.js': { body: '' } };
    expect((await page())[2]).toEqual({
      level: 'note',
      about: 'shared memory',
      says: 'the page is isolated, but /app.js comes without Cross-Origin-Embedder-Policy: workers must have it',
      fix: headerAdvice,
    });
  });

  test('the lines to add are those of the page in docs', () => {
    const page = readFileSync(join(root, 'docs/threads.md'), 'utf8');
    const lines = headerAdvice.split('\n').filter((line) => line.startsWith('  '));
    expect(lines).toHaveLength(12);
    for (const line of lines) expect(page).toContain(`\n${line.slice(2)}\n`);
  });

  test.each([
    ["default-src 'self'", '', "default-src is 'self', which stops WebAssembly"],
    ["default-src 'wasm-unsafe-eval'; script-src 'self'", '', "script-src is 'self', which stops WebAssembly"],
    ["script-src 'unsafe-eval', script-src 'none'", '', "script-src is 'none', which stops WebAssembly"],
    ['img-src *', "script-src 'self' blob:", "script-src is 'self' blob:, which stops WebAssembly"],
  ])('one whose policies are "%s" and "%s"', async (header, meta, says) => {
    const tag = meta && `<meta http-equiv="Content-Security-Policy" content="${meta}">`;
    answers = { '/': { headers: { 'Content-Security-Policy': header }, body: tag + HTML } };
    const fix = "add 'wasm-unsafe-eval' to script-src";
    expect(await page()).toContainEqual({ level: 'bad', about: 'Content-Security-Policy', says, fix });
  });

  test('one whose wasm is missing, or is something else', async () => {
    const script = (name: string) => ({ body: `<script>fetch("${name}")</script>` });
    answers = { '/': script('/a.wasm') };
    expect(await page()).toContainEqual({
      level: 'bad',
      about: '/a.wasm',
      says: `${address}a.wasm answers 404`,
      fix: 'check the address',
    });
    answers = { '/': script('/a.wasm'), '/a.wasm': { body: HTML } };
    expect(await page()).toContainEqual(
      expect.objectContaining({
        level: 'bad',
        says: expect.stringMatching(/^is no wasm but text\/html: many servers/),
      }),
    );
  });

  test('one with a meta in single quotes, and strings that are no addresses', async () => {
    const text = '<script>[`$' + '{name}.wasm`, "\\u0061.wasm", "http://[.wasm"]</script>';
    const meta = `<meta http-equiv='Content-Security-Policy' content='script-src https://a.example'>`;
    answers = { '/': { body: meta + text } };
    const found = await page();
    expect(found.map(({ about }) => about)).toEqual(['page', 'Content-Security-Policy', 'shared memory']);
    expect(found[1]).toMatchObject({ level: 'bad', says: 'script-src is https://a.example, which stops WebAssembly' });
  });

  test('none at all', async () => {
    expect(await page('localhost:5173')).toMatchObject([{ level: 'bad', says: 'localhost:5173 is no address' }]);
    expect(await page(`${address}nowhere`)).toMatchObject([{ level: 'bad', says: `${address}nowhere answers 404` }]);
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const gone = `http://127.0.0.1:${(closed.address() as AddressInfo).port}/`;
    await new Promise((resolve) => closed.close(resolve));
    expect(await page(gone)).toMatchObject([{ level: 'bad', says: `${gone} does not answer: ECONNREFUSED` }]);
  });
});
