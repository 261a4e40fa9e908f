// From the sources to dist/: the tools (esbuild), all wasm (by the compiler driver among them), the generated TypeScript,
// ESM and CJS for each host (esbuild), types (tsc). Does nothing when no source has changed since. With --check, as in the tests, a generated file that is not
// in the tree as the sources give it is an error.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensure } from './setup.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
process.chdir(root);

const stamp = 'build/stamp';
const sources = [
  'src-cpp',
  'src-ts',
  'tools',
  'test/ts/fixtures.cpp',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];

function fingerprint() {
  const hash = createHash('sha256');
  const add = (path) => hash.update(path).update(readFileSync(path));
  for (const source of sources) {
    if (source.includes('.')) add(source);
    else {
      const entries = readdirSync(source, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile() && !/^core\..*gen\.ts$/.test(entry.name));
      for (const path of files.map((entry) => `${entry.parentPath ?? entry.path}/${entry.name}`).sort()) add(path);
    }
  }
  return hash.digest('hex');
}

const bundlers = ['vite', 'rollup', 'rolldown', 'webpack', 'rspack', 'esbuild'];
const products = [
  'dist/core.wasm',
  'dist/core.threads.wasm',
  'dist/esm/index.js',
  'dist/cjs/node.js',
  'dist/esm/index.d.ts',
  'dist/tools/cli.js',
];
const before = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
if (before === fingerprint() && products.every((path) => existsSync(path))) process.exit(0);

await ensure(['npm', 'wasm']);
console.log('build: wasm for one thread and for threads, then dist');
const run = (command, args, options) =>
  execFileSync(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });

const { build } = await import('esbuild');
rmSync(stamp, { force: true });
rmSync('dist', { recursive: true, force: true });
mkdirSync('dist/cjs', { recursive: true });
// The driver comes first: it builds the wasm. Its tools share their code in chunks.
await build({
  entryPoints: {
    cli: 'src-ts/cli/main.ts',
    driver: 'src-ts/driver/index.ts',
    ...Object.fromEntries(bundlers.map((name) => [name, `src-ts/plugin/${name}.ts`])),
  },
  outdir: 'dist/tools',
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  platform: 'node',
  packages: 'external',
  chunkNames: 'chunk-[hash]',
  legalComments: 'none',
  logLevel: 'warning',
});

chmodSync('dist/tools/cli.js', 0o755);

// Next to what ships: the runtime alone, which is what a module costs before its first kernel; kernels that misbehave, for
// the tests; and the constants of abi.h, for tools/generate.mjs.
const { buildModule } = await import('../dist/tools/driver.js');
const modules = {
  core: { sources: [], prebuilt: true },
  'core.threads': { sources: [], prebuilt: true, threads: true },
  arena: { sources: [] },
  fixtures: { sources: ['test/ts/fixtures.cpp'] },
  'fixtures.threads': { sources: ['test/ts/fixtures.cpp'], threads: true },
  abi: { sources: ['tools/abi.cpp'] },
};
mkdirSync('build', { recursive: true });
try {
  for (const [name, options] of Object.entries(modules)) {
    const { wasm, warnings } = await buildModule({ ...options, toolchain: 'emcc' }, { bare: true });
    for (const { file, line, message } of warnings) throw new Error(`${file}:${line}: ${message}`);
    writeFileSync(`build/${name}.wasm`, wasm);
  }
} catch (error) {
  console.error(`build: ${error.message}`);
  process.exit(1);
}
try {
  run(process.execPath, ['tools/generate.mjs', ...process.argv.slice(2)], { stdio: 'inherit' });
} catch {
  process.exit(1); // it has said what is wrong
}

for (const name of ['core.wasm', 'core.threads.wasm']) cpSync(`build/${name}`, `dist/${name}`);
writeFileSync('dist/wasm.d.ts', 'declare const module: WebAssembly.Module;\nexport default module;\n');
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n');

// Names that no other program sees, short in what ships: minifiers of users leave the names of properties as they are.
// The same in all files, which reach into each other.
const INTERNAL =
  'after allocOther allocationsField assertLive assertUsable before closeFrame forget holds hooks infos ' +
  'isKnown isOpen judge kinds lengthOf openFrames outOfMemory outerTag outermost persistentTag predict recorder ' +
  'repeated sightings slots stackTop statistics takeBack takePersistent views word';
const mangled = {
  mangleProps: new RegExp(`^(${INTERNAL.replaceAll(' ', '|')})$`),
  mangleCache: Object.fromEntries(INTERNAL.split(' ').map((name, i) => [name, `$${i.toString(36)}`])),
};

const conditions = { index: [], node: ['node'], workerd: ['workerd'] };
const suffix = { index: '', node: '.node' };
// What threads take is loaded when it is asked for; CJS has it in one file.
const entries = (format, name) => ({
  [name]: 'src-ts/index.ts',
  ...(format === 'esm' && name in suffix && { [`threads${suffix[name]}`]: 'src-ts/threads/index.ts' }),
});
const address = 'require("node:url").pathToFileURL(__filename).href';
const bundle = (format, name) =>
  build({
    entryPoints: entries(format, name),
    outdir: `dist/${format}`,
    chunkNames: `${name}-[hash]`,
    splitting: format === 'esm',
    bundle: true,
    format,
    target: 'es2022',
    platform: 'neutral',
    conditions: conditions[name],
    external: ['node:*', '*.wasm'],
    ...(format === 'cjs' &&
      name === 'node' && {
        define: { 'import.meta.url': 'address' },
        banner: { js: `const address = ${address};` },
      }),
    // workerd takes the compiled module from beside the bundle.
    plugins: [
      {
        name: 'core',
        setup: ({ onResolve }) =>
          onResolve({ filter: /core\.wasm$/ }, () => ({ path: '../core.wasm', external: true })),
      },
    ],
    // Puts constants where they are used, which users' bundlers can't do any more: bundling makes variables of them.
    minifySyntax: true,
    ...mangled,
    legalComments: 'none',
    sourcemap: false,
    logLevel: 'warning',
    // In CJS a browser's worker can't be found: the option `worker` says where it is.
    logOverride: { 'empty-import-meta': 'silent' },
  });
// Of one file each, since bundlers copy them as they are.
const worker = (format, name) =>
  build({
    entryPoints: [`src-ts/threads/${name}.ts`],
    outdir: `dist/${format}`,
    bundle: true,
    format,
    target: 'es2022',
    platform: 'neutral',
    external: ['node:*'],
    minifySyntax: true,
    ...mangled,
    legalComments: 'none',
    logLevel: 'warning',
  });
await Promise.all([
  worker('esm', 'worker'),
  worker('esm', 'worker.node'),
  worker('cjs', 'worker.node'),
  bundle('esm', 'index'),
  bundle('esm', 'node'),
  bundle('esm', 'workerd'),
  bundle('cjs', 'index'),
  bundle('cjs', 'node'),
  build({
    entryPoints: {
      frames: 'src-ts/frames.ts',
      hot: 'src-ts/hot.ts',
      plan: 'src-ts/plan.ts',
      ring: 'src-ts/ring.ts',
      structs: 'src-ts/structs.ts',
      vitest: 'src-ts/vitest/index.ts',
    },
    outdir: 'dist/esm',
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    external: ['arena-bind', 'vitest', 'node:*'],
    // Registries and errors of all entries are of the main entry's classes.
    plugins: [
      {
        name: 'itself',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^\.\.?\/(index|errors)\.js$/ }, () => ({ path: 'arena-bind', external: true })),
      },
    ],
    ...mangled,
    legalComments: 'none',
    logLevel: 'warning',
  }),
]);

// Of a file with nothing but re-exports, where several entries have it in common, esbuild makes an empty chunk.
const scripts = readdirSync('dist/esm').filter((name) => name.endsWith('.js'));
const isEmpty = (name) => statSync(`dist/esm/${name}`).size === 0;
const empty = scripts.filter(isEmpty);
for (const path of scripts.filter((name) => !isEmpty(name)).map((name) => `dist/esm/${name}`)) {
  const text = readFileSync(path, 'utf8');
  const kept = empty.reduce((rest, name) => rest.replace(`import "./${name}";\n`, ''), text);
  if (kept !== text) writeFileSync(path, kept);
}
for (const name of empty) rmSync(`dist/esm/${name}`);

rmSync('build/types', { recursive: true, force: true });
run(
  process.execPath,
  ['node_modules/typescript/lib/tsc.js', '-p', 'tools/tsconfig.types.json', '--outDir', 'build/types'],
  { stdio: 'inherit' },
);
for (const format of ['esm', 'cjs']) cpSync('build/types', `dist/${format}`, { recursive: true });
// Only the declarations that index.d.ts leads to.
for (const format of ['esm', 'cjs']) {
  const kept = new Set();
  const keep = (path) => {
    if (kept.has(path)) return;
    kept.add(path);
    const text = readFileSync(path, 'utf8');
    for (const [, specifier] of text.matchAll(/from '(.+?)\.js'/g)) keep(join(dirname(path), `${specifier}.d.ts`));
  };
  keep(join('dist', format, 'index.d.ts'));
  if (format === 'esm') {
    for (const entry of [
      'structs',
      'frames',
      'plan',
      'ring',
      'hot',
      'threads/index',
      'threads/worker',
      'vitest/index',
      ...bundlers.map((name) => `plugin/${name}`),
    ]) {
      keep(join('dist', format, `${entry}.d.ts`));
    }
  }
  // What lies deepest comes first, so that a folder comes after what it held.
  for (const entry of readdirSync(join('dist', format), { recursive: true }).reverse()) {
    const path = join('dist', format, entry);
    if (path.endsWith('.d.ts') ? !kept.has(path) : statSync(path).isDirectory() && readdirSync(path).length === 0) {
      rmSync(path, { recursive: true });
    }
  }
}
writeFileSync(stamp, fingerprint());
