// arena-bind build: which files it writes, what they do, and that nothing half-written stays behind.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Kernel } from '../../src-ts/driver/index.js';
import { readWasm } from '../../src-ts/driver/wasm.js';
import { ended, INCREASE, Project, program } from './cli.js';

const project = new Project();
const listing = (folder: string) => readdirSync(project.path(folder)).sort();

/** Calls `increase` of a module that was built. */
const increased = (js: string) =>
  project.evaluate(`import { Registry } from 'arena-bind';
    const { default: module } = await import(${JSON.stringify(`./${js}`)});
    const registry = await Registry.create({ module });
    const values = registry.f32([1, 2, 3]);
    registry.bind('increase')(values);
    console.log(JSON.stringify([...values]));`);

beforeAll(() => {
  project.write('increase.cpp', INCREASE);
});

describe('the files of a module', () => {
  test('are three, which work as they are', async () => {
    const out = await project.succeed('build', 'increase.cpp', '-o', 'out/three');
    const sizes = ['wasm', 'js', 'd.ts'].map((ending) => statSync(project.path(`out/three.${ending}`)).size);
    const [wasm, js, types] = sizes.map((size) => size.toLocaleString('en').padStart(5));
    expect(out).toMatch(
      new RegExp(`^out/three.wasm  ${wasm} bytes
out/three.js    ${js} bytes
out/three.d.ts  ${types} bytes
1 kernel \\(increase\\), (emcc|clang|yowasp) [\\d.]+\\S*, \\d+\\.\\d s\n$`),
    );
    expect(listing('out')).toEqual(['three.d.ts', 'three.js', 'three.wasm']);
    expect(await increased('out/three.js')).toEqual([2, 3, 4]);
    expect(readFileSync(project.path('out/three.d.ts'), 'utf8')).toContain('Adds one to each element.');
  });

  test('built again, come out of the cache and are left alone', async () => {
    await project.succeed('build', 'increase.cpp', '-o', 'out/again');
    const before = statSync(project.path('out/again.js')).ino;
    expect(await project.succeed('build', 'increase.cpp', '-o', 'out/again')).toMatch(/ s \(cached\)\n$/);
    expect(statSync(project.path('out/again.js')).ino).toBe(before);
    expect(await project.succeed('build', 'increase.cpp', '-o', 'out/again', '-q')).toBe('');
  });

  test.concurrent.each([
    ['beside the source', [], '', ['increase.d.ts', 'increase.js', 'increase.wasm']],
    ['in a folder that is there', ['-o', 'there'], 'there', ['increase.d.ts', 'increase.js', 'increase.wasm']],
    ['in one that ends in a slash', ['--out', 'new/'], 'new', ['increase.d.ts', 'increase.js', 'increase.wasm']],
    ['by the name of the JavaScript', ['-oa/x.js'], 'a', ['x.d.ts', 'x.js', 'x.wasm']],
    ['by the name of the wasm', ['--out=b/x.wasm'], 'b', ['x.d.ts', 'x.js', 'x.wasm']],
    ['by the name of the types', ['-o', 'c/x.d.ts'], 'c', ['x.d.ts', 'x.js', 'x.wasm']],
    ['as .mjs', ['-o', 'd/x.mjs'], 'd', ['x.d.mts', 'x.mjs', 'x.wasm']],
    ['by a name with a dot', ['-o', 'e/x.v2'], 'e', ['x.v2.d.ts', 'x.v2.js', 'x.v2.wasm']],
    ['with the wasm inside', ['-o', 'f/x', '--inline'], 'f', ['x.d.ts', 'x.js']],
  ])('go %s', async (_, args, folder, files) => {
    mkdirSync(project.path('there'), { recursive: true });
    await project.succeed('build', 'increase.cpp', ...args);
    const found = listing(folder).filter((name) => folder !== '' || /^increase\.(?!cpp)/.test(name));
    expect(found).toEqual(files);
    const js = files.find((name) => /\.m?js$/.test(name)) as string;
    expect(await increased(folder === '' ? js : `${folder}/${js}`)).toEqual([2, 3, 4]);
  });

  test('say when Node would not take them for what they are', async () => {
    project.write('old/package.json', '{ "type": "commonjs" }');
    const { code, err } = await project.run(['build', 'increase.cpp', '-o', 'old/deep/x']);
    expect([code, err]).toEqual([
      0,
      'note: old/deep/x.js is an ES module, and old/package.json has "type": "commonjs": ' +
        'make that "module", or use -o old/deep/x.mjs\n',
    ]);
    await project.succeed('build', 'increase.cpp', '-o', 'old/deep/x.mjs');
    expect(await increased('old/deep/x.mjs')).toEqual([2, 3, 4]);
  });

  test('may have any name', async () => {
    const name = "it's 100% #1 ü\nthrow 1;\u2028throw 2";
    project.write(`${name}.cpp`, INCREASE);
    await project.succeed('build', `${name}.cpp`, '-o', 'odd/');
    expect(listing('odd')).toEqual([`${name}.d.ts`, `${name}.js`, `${name}.wasm`]);
    expect(await increased(`odd/${encodeURIComponent(name)}.js`)).toEqual([2, 3, 4]);
  });

  test('take no place of what someone else has written', async () => {
    project.write('mine/increase.js', 'export const precious = 1;\n');
    const { code, err } = await project.run(['build', 'increase.cpp', '-o', 'mine/']);
    expect([code, err]).toEqual([
      1,
      'arena-bind: mine/increase.js is there already and arena-bind has not written it: choose another place by -o\n',
    ]);
    expect(listing('mine')).toEqual(['increase.js']);
    expect(readFileSync(project.path('mine/increase.js'), 'utf8')).toBe('export const precious = 1;\n');
    project.write('theirs/increase.wasm', '\0asm\x01\0\0\0');
    const { err: wasm } = await project.run(['build', 'increase.cpp', '-o', 'theirs/']);
    expect(wasm).toContain('theirs/increase.wasm is there already and arena-bind has not written it');
    expect(listing('theirs')).toEqual(['increase.wasm']);
  });
});

describe('options', () => {
  const inspect = async (path: string) => JSON.parse(await project.succeed('inspect', path, '--json'));
  const CHECKED = `${INCREASE}
#include <one.hpp>
#include <two.hpp>
static_assert(ONE == 1 && TWO == 2 && THREE == 3 && FOUR == 4 && FIVE == 5);
`;

  test('of compilers come attached and apart, with more flags behind --', async () => {
    project.write('one/one.hpp', '#define ONE 1\n');
    project.write('two/two.hpp', '#define TWO 2\n');
    project.write('checked.cpp', CHECKED);
    const given = ['-Ione', '-I', 'two', '-DTHREE=3', '-D', 'FOUR=4', '--no-simd', '--size', '--capacity', '16MiB'];
    await project.succeed('build', ...given, 'checked.cpp', '--', '-DFIVE=5');
    const { features, names } = await inspect('checked.wasm');
    expect([features.includes('SIMD'), names]).toEqual([false, false]);
    const capacity = await project.evaluate(`import { Registry } from 'arena-bind';
      import module from './checked.js';
      const registry = await Registry.create({ module });
      console.log(registry.capacity);`);
    expect(capacity).toBe(16 * 2 ** 20);
  });

  test('--debug and --prebuilt', async () => {
    await project.succeed('build', 'increase.cpp', '-o', 'all', '--debug', '--prebuilt');
    const { names, debug, kernels } = await inspect('all.wasm');
    expect(names).toBe(true);
    expect(debug).toBeGreaterThan(0);
    expect(kernels.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(['biquad', 'increase']));
  });

  test('--threads gives a second wasm of the same kernels', async () => {
    const out = await project.succeed('build', 'increase.cpp', '-o', 'both/increase', '--threads');
    expect(out).toMatch(/^both\/increase\.threads\.wasm +[\d,]+ bytes$/m);
    const files = ['increase.d.ts', 'increase.js', 'increase.threads.wasm', 'increase.wasm'];
    expect(listing('both')).toEqual(files);
    const [one, threads] = [await inspect('both/increase.wasm'), await inspect('both/increase.threads.wasm')];
    expect([one.memories, threads.memories]).toMatchObject([[{ shared: false }], [{ shared: true }]]);
    expect(threads.kernels.map(({ signature }: Kernel) => signature)).toEqual(
      one.kernels.map(({ signature }: Kernel) => signature),
    );
    expect(await increased('both/increase.js')).toEqual([2, 3, 4]);
    const urls = await project.evaluate(`import module from './both/increase.js';
      console.log(JSON.stringify([module.wasm, module.threads].map((url) => url.pathname.split('/').at(-1))));`);
    expect(urls).toEqual(['increase.wasm', 'increase.threads.wasm']);

    await project.succeed('build', 'increase.cpp', '-o', 'both inside/increase', '--threads', '--inline');
    expect(listing('both inside')).toEqual(['increase.d.ts', 'increase.js']);
    const magic = await project.evaluate(`import module from './both inside/increase.js';
      console.log(JSON.stringify([module.wasm, module.threads].map((bytes) => bytes().length)));`);
    expect(magic).toEqual([one.bytes, threads.bytes]);
    expect(await increased('both inside/increase.js')).toEqual([2, 3, 4]);
  });

  test('warnings are printed, and the build goes on', async () => {
    project.write('warned.cpp', `#warning look here\n${INCREASE}`);
    const { code, out, err } = await project.run(['build', 'warned.cpp', '-q']);
    expect([code, out]).toEqual([0, '']);
    expect(err).toMatch(/^warned\.cpp:1:2: warning: "?look here"?/);
  });
});

describe.concurrent('a build that fails ends with 1, says why, and leaves what was there', () => {
  const kernel = (name: string, type = 'std::span<float>') =>
    `void ${name}(${type} values) { (void)values; }\nARENA_KERNEL(${name}, values)\n`;
  const HEAD = '#include <arena_bind/kernel.hpp>\n';

  let count = 0;

  /** Builds into a folder that has an older build, and gives the error. */
  async function fail(...sources: string[]): Promise<string> {
    const folder = `kept${count++}`;
    await project.succeed('build', 'increase.cpp', '-o', `${folder}/module`);
    const before = readFileSync(project.path(`${folder}/module.wasm`));
    const { code, out, err } = await project.run(['build', ...sources, '-o', `${folder}/module`]);
    expect([code, out]).toEqual([1, '']);
    expect(listing(folder)).toEqual(['module.d.ts', 'module.js', 'module.wasm']);
    expect(readFileSync(project.path(`${folder}/module.wasm`)).equals(before)).toBe(true);
    return err;
  }

  test('a missing file', async () => {
    expect(await fail('nowhere.cpp')).toBe(
      `nowhere.cpp: error: there is no such file: check the path\n  it starts from ${project.folder}\n`,
    );
  });

  test('a syntax error', async () => {
    project.write('söurce/syntax.cpp', `${HEAD}int x = ;\n${kernel('fine')}`);
    expect(await fail('söurce/syntax.cpp')).toBe('söurce/syntax.cpp:2:9: error: expected expression\n');
  });

  test('errors of several files at once', async () => {
    project.write('first.cpp', `${HEAD}int x = ;\n`);
    project.write('second.cpp', `${HEAD}\nint y = ;\n`);
    expect(await fail('first.cpp', 'second.cpp')).toBe(
      'first.cpp:2:9: error: expected expression\nsecond.cpp:3:9: error: expected expression\n',
    );
  });

  test('no kernels', async () => {
    project.write('none.cpp', `${HEAD}void lonely() {}\n`);
    expect(await fail('none.cpp')).toMatch(
      /^none\.cpp: error: no kernels: there is no ARENA_KERNEL in this file\n {2}add/,
    );
  });

  test('two kernels of one name', async () => {
    project.write('twice.cpp', HEAD + kernel('increase'));
    expect(await fail('increase.cpp', 'twice.cpp')).toMatch(
      /error: there are two kernels increase: this one, and one in/,
    );
  });

  test('a parameter of a type that JavaScript has none for', async () => {
    project.write('type.cpp', HEAD + kernel('odd', 'long double'));
    expect(await fail('type.cpp')).toMatch(/^type\.cpp:3:\d+: error: arena-bind: .*\n$/);
  });

  test('an output folder that is a file', async () => {
    project.write('file', '');
    const { code, err } = await project.run(['build', 'increase.cpp', '-o', 'file/module']);
    expect([code, err]).toEqual([
      1,
      `arena-bind: cannot write in the folder ${project.path('file')}: a part of this path is a file; ` +
        'move it away, or choose another folder\n',
    ]);
  });

  test.runIf(process.platform === 'linux')('an output folder that is read-only', async () => {
    project.write('sealed.cpp', INCREASE);
    await project.succeed('build', 'sealed.cpp', '-o', 'sealed/');
    for (const folder of ['.', 'node_modules']) chmodSync(project.path(folder), 0o755);
    chmodSync(project.path('sealed'), 0o555);
    project.write('sealed.cpp', INCREASE.replaceAll('values', 'others'));
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}; // root may write everywhere
    const args = [program, 'build', 'sealed.cpp', '-o', 'sealed/'];
    const { code, err } = await ended(project.node(args, { HOME: project.folder }, nobody));
    chmodSync(project.path('sealed'), 0o755);
    expect(err).toContain(`in the folder ${project.path('sealed')}: it is read-only for you`);
    expect(code).toBe(1);
    expect(listing('sealed')).toEqual(['sealed.d.ts', 'sealed.js', 'sealed.wasm']);
  });

  test('no compiler at all', async () => {
    const hidden = { PATH: project.folder, EMSDK: '', EMSCRIPTEN_ROOT: '', WASI_SDK_PATH: '' };
    const { code, out, err } = await project.run(['build', 'increase.cpp', '-o', 'never/'], hidden);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(
      /^arena-bind: no C\+\+ compiler for WebAssembly was found:\n {2}emcc: .*\n {2}clang: .*\n {2}yowasp: /,
    );
    expect(err).toContain('npm install -D @yowasp/clang');
    expect(existsSync(project.path('never'))).toBe(false);
  });

  test('being told to end, at once and with nothing left of it', async () => {
    project.write('slow.cpp', `${HEAD}#include <algorithm>\n#include <vector>\n${kernel('slow')}`);
    mkdirSync(project.path('temporary'));
    const child = project.start(['build', 'slow.cpp', '-o', 'slow/'], { TMPDIR: project.path('temporary') });
    while (listing('temporary').length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill('SIGINT');
    expect(await ended(child)).toEqual({ code: 130, out: '', err: '' });
    expect([listing('temporary'), existsSync(project.path('slow'))]).toEqual([[], false]);
  });
});

test('three hundred kernels', async () => {
  const count = 300;
  const kernels = Array.from({ length: count }, (_, i) => `void k${i}(int x) { (void)x; }\nARENA_KERNEL(k${i}, x)\n`);
  project.write('many.cpp', `#include <arena_bind/kernel.hpp>\n${kernels.join('')}`);
  const out = await project.succeed('build', 'many.cpp', '--', '-O0');
  expect(out).toMatch(/^300 kernels, /m);
  const { exports } = readWasm(readFileSync(project.path('many.wasm')));
  expect(exports.filter(({ name }) => /^k\d+$/.test(name))).toHaveLength(count);
});
