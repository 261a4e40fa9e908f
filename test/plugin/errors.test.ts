// What goes wrong in users' projects, and what they are told.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { project, run } from '../cmake/project.js';
import { ALL } from '../extent.js';
import { BUNDLERS, bundle, type Outcome } from './bundle.js';

const SOME = BUNDLERS.filter((name) => ALL || !/^vite-[67]$/.test(name));

const kernel = (text: string) => `#include <arena_bind/kernel.hpp>\n${text}\n`;
const GOOD = kernel('float twice(float x) { return x * 2; }\nARENA_KERNEL(twice, x)');
const IMPORT = "import kernels from './kernels.cpp';\nconsole.log(Object.keys(kernels.callers).length);\n";

// One project of many folders: the package's own C++ is compiled once.
let root: string;
beforeAll(() => {
  root = project(inject('folder'), { 'package.json': '{ "name": "user", "private": true, "type": "module" }' });
});

let count = 0;
/** A new folder in the project, by its name. */
function made(files: Record<string, string>): string {
  const name = `case ${++count}`;
  for (const [file, text] of Object.entries({ 'main.js': IMPORT, ...files })) {
    mkdirSync(join(root, name), { recursive: true });
    writeFileSync(join(root, name, file), text);
  }
  return name;
}

const bundled = (folder: string, bundler: string, options: object = {}, env?: NodeJS.ProcessEnv): Promise<Outcome> =>
  bundle(
    root,
    bundler,
    { entries: { main: `${folder}/main.js` }, out: `${folder}/${bundler}`, node: true, options },
    env,
  );

/** What Rollup says of a module; of several sources where `more` names another one. */
async function rollup(files: Record<string, string>, more?: string): Promise<string> {
  const folder = made(files);
  const sources = more && { [`${folder}/kernels.cpp`]: [`${folder}/${more}`] };
  const { failure } = await bundled(folder, 'rollup', { ...(sources && { sources }) });
  return (failure?.message ?? 'no failure').replaceAll(`${folder}/`, '').replace(/^.*\[plugin arena-bind\] /, '');
}

describe('a syntax error', () => {
  // A tab, and a letter of two bytes before the place. Without our header, which takes longer than the error.
  const line = '\treturn u8"ü"[0] + nothing_such;';
  const files = { 'kernels.cpp': `int x() {\n${line}\n}\n` };
  const text = "use of undeclared identifier 'nothing_such'";
  const frame = ['1 | int x() {', `2 | ${line}`, `  | \t${' '.repeat(18)}^`, '3 | }'];

  it('is shown with its file and line by esbuild', async () => {
    const folder = made(files);
    const { failure } = await bundled(folder, 'esbuild');
    expect(failure?.errors).toMatchObject([
      { text, location: { file: `${folder}/kernels.cpp`, line: 2, column: 20, lineText: line } },
    ]);
  });

  it.each(SOME.filter((name) => name !== 'esbuild'))('is shown with its file and line by %s', async (bundler) => {
    const folder = made(files);
    const { failure } = await bundled(folder, bundler);
    expect(failure?.message).toContain(`${folder}/kernels.cpp:2:21: error: ${text}`);
    expect(JSON.stringify(failure)).not.toContain('    at '); // no stack, which is the plugin's
    // Rspack indents what others print.
    const shown = failure?.frame ?? failure?.message.replaceAll('  │ ', '');
    for (const part of frame) expect(shown).toContain(part);
    if (/pack$/.test(bundler)) return;
    const error = failure?.loc ? failure : failure?.errors?.[0];
    expect(error).toMatchObject({ loc: { file: join(root, folder, 'kernels.cpp'), line: 2, column: 19 } });
  });
});

it.each(SOME)('%s names a file that is not there', async (bundler) => {
  const folder = made({ 'main.js': "import './nowhere.cpp';" });
  const { failure } = await bundled(folder, bundler);
  expect(failure?.message).toContain('./nowhere.cpp');
});

describe('the plugin names what is wrong:', () => {
  it('all errors of all sources at once', async () => {
    const files = { 'kernels.cpp': kernel('int a = b;'), 'more.cpp': 'int c = d;\n' };
    const message = await rollup(files, 'more.cpp');
    expect(message).toContain("kernels.cpp:2:9: error: use of undeclared identifier 'b'");
    expect(message).toContain("more.cpp:1:9: error: use of undeclared identifier 'd'");
  });

  it('no kernels', async () => {
    expect(await rollup({ 'kernels.cpp': 'int nothing() { return 1; }\n' })).toContain('ARENA_KERNEL');
  });

  it('two kernels of one name', async () => {
    const files = { 'kernels.cpp': GOOD, 'more.cpp': GOOD };
    const message = await rollup(files, 'more.cpp');
    expect(message).toMatch(/more\.cpp:3: error: .*twice/);
  });

  it('a parameter that no kernel can have', async () => {
    const message = await rollup({
      'kernels.cpp': kernel('#include <vector>\nvoid f(std::vector<float> a) { a.clear(); }\nARENA_KERNEL(f, a)'),
    });
    expect(message).toMatch(/^kernels\.cpp \(4:\d+\): kernels\.cpp:4:\d+: error: arena-bind: .*$/);
  });

  it('another source that is not there', async () => {
    expect(await rollup({ 'kernels.cpp': GOOD }, 'nowhere.c')).toContain('nowhere.c');
    const folder = made({ 'kernels.cpp': GOOD });
    const { failure } = await bundled(folder, 'rollup', { sources: { 'nowhere.cpp': ['kernels.cpp'] } });
    const path = join(root, 'nowhere.cpp');
    expect(failure?.message).toContain(`the option sources of the plugin names nowhere.cpp: there is no ${path}`);
  });

  it('no compiler at all', async () => {
    const folder = made({ 'kernels.cpp': GOOD });
    const { failure } = await bundled(folder, 'rollup', { cache: false }, { PATH: '/nowhere', EMSDK: '' });
    expect(failure?.message).toContain('@yowasp/clang');
  });
});

it('warns where the types cannot be written, and builds all the same', async () => {
  const folder = made({ 'kernels.cpp': GOOD });
  mkdirSync(join(root, folder, 'kernels.d.cpp.ts')); // in the way; a folder without rights is none to root
  for (const bundler of ['rollup', 'esbuild', 'webpack', 'vite-8']) {
    const { failure, warnings } = await bundled(folder, bundler);
    expect(failure).toBeUndefined();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.message).toContain(`cannot write ${join(root, folder, 'kernels.d.cpp.ts')}: it is a folder`);
    expect(warnings[0]?.message).toContain('the option types: false leaves them out');
  }

  const file = join(root, folder, 'kernels.d.cpp.ts');
  rmdirSync(file);
  writeFileSync(file, 'export default 1;');
  const { warnings } = await bundled(folder, 'rollup');
  expect(warnings[0]?.message).toContain(`${file} is there already and arena-bind has not written it`);
  expect(await bundled(folder, 'rollup', { types: false })).toEqual({ warnings: [] });
  expect(readFileSync(file, 'utf8')).toBe('export default 1;');
});

it('passes warnings of the compiler on', async () => {
  const folder = made({ 'kernels.cpp': GOOD.replace('return', '\n#warning "slow"\nreturn') });
  for (const bundler of ['rollup', 'esbuild', 'webpack', 'vite-8']) {
    const { warnings } = await bundled(folder, bundler);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.message).toContain('"slow"');
    expect(`${warnings[0]?.message} ${JSON.stringify(warnings[0]?.loc)}`).toMatch(/kernels\.cpp.*\b3\b/);
  }
});

it('builds a hundred kernels, in a file of an odd name', async () => {
  const name = "odd näme 100% of 'it' & more.cpp";
  const most = 100;
  const text = Array.from({ length: most }, (_, i) => `int f${i}(int x) { return x + ${i}; }\nARENA_KERNEL(f${i}, x)`);
  const main = `import { Registry } from 'arena-bind';
    import kernels from "./${name}";
    Registry.create({ module: kernels }).then((registry) => console.log(registry.bind('f${most - 1}')(1)));`;
  const folder = made({ [name]: kernel(text.join('\n')), 'main.js': main });
  for (const bundler of ['rolldown', 'esbuild', 'webpack', 'vite-8']) {
    expect(await bundled(folder, bundler)).toEqual({ warnings: [] });
    const { output } = await run(root, process.execPath, [join(folder, bundler, 'main.js')]);
    expect(output).toBe(String(most));
  }
  expect(readFileSync(join(root, folder, name.replace('.cpp', '.d.cpp.ts')), 'utf8')).toContain(
    `f${most - 1}(x: number)`,
  );
});

it('leaves alone what is not its own', async () => {
  const folder = made({
    'kernels.cpp': GOOD,
    'main.js': "import text from './kernels.cpp?raw';\nconsole.log(text);\n",
  });
  await bundled(folder, 'vite-8');
  const { output } = await run(root, process.execPath, [join(folder, 'vite-8/main.js')]);
  expect(output).toContain('ARENA_KERNEL(twice, x)');

  writeFileSync(join(root, folder, 'main.js'), "import './kernels.cpp';");
  const options = { files: '\\.kernel\\.cpp$' };
  const { failure } = await bundled(folder, 'rollup', options);
  expect(failure?.message).not.toContain('arena-bind');
  expect(existsSync(join(root, folder, 'kernels.d.cpp.ts'))).toBe(false);
});
