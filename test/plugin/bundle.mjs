// Bundles the project in the current folder as its owner would, and prints what came of it as a line of JSON:
// node bundle.mjs rollup '{"entries":{"main":"main.js"},"out":"dist"}'
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = new URL('../../', import.meta.url);
const project = process.cwd();
const [bundler, text] = process.argv.slice(2);
const {
  entries = {},
  out = 'dist',
  node = false,
  format = 'esm',
  base = '/',
  options = {},
  config = {},
} = JSON.parse(text);

const toolbox = (path) => import(new URL(`test/toolbox/node_modules/${path}`, root));
const here = createRequire(join(project, 'package.json'));
const arenaBind = async (name) => {
  const plugin = await import(pathToFileURL(here.resolve(`arena-bind/${name}`)));
  // JSON has neither regular expressions nor Infinity.
  const { files, inlineLimit } = options;
  return plugin.default({
    ...options,
    ...(files && { files: new RegExp(files) }),
    ...(inlineLimit === 'all' && { inlineLimit: Infinity }),
  });
};
const input = Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(project, file)]));
const warnings = [];

async function rollupLike(bundle, plugin, settings) {
  const onwarn = ({ message, loc }) => warnings.push({ message, loc });
  const made = await bundle({ input, onwarn, ...settings, plugins: [...(settings.plugins ?? []), plugin] });
  const rollupFormat = { esm: 'es', cjs: 'cjs', iife: 'iife' }[format];
  const name = `[name]-[hash].${format === 'cjs' ? 'cjs' : 'js'}`;
  const entryFileNames = name.replace('-[hash]', '');
  await made.write({ dir: out, format: rollupFormat, entryFileNames, chunkFileNames: name });
  await made.close();
}

async function vite({ build }) {
  const logger = { hasWarned: false, hasErrorLogged: () => false, clearScreen() {}, info() {}, error() {} };
  logger.warn = logger.warnOnce = (message) => warnings.push({ message });
  await build({
    root: project,
    base,
    configFile: false,
    customLogger: logger,
    build: { outDir: out, target: 'esnext', minify: false, ...(node && { ssr: entries.main }), ...config.build },
    worker: { format: config.worker ?? 'es' },
    plugins: [await arenaBind('vite')],
  });
}

async function webpackLike(webpack, plugin) {
  const compiler = webpack({
    mode: 'production',
    context: project,
    entry: input,
    target: node ? 'node20' : 'web',
    output: {
      path: join(project, out),
      ...(format === 'cjs'
        ? { filename: '[name].cjs' }
        : { filename: '[name].js', module: true, chunkFormat: 'module' }),
      ...config.output,
    },
    experiments: { outputModule: format !== 'cjs' },
    optimization: { minimize: false },
    plugins: [plugin],
  });
  const stats = await new Promise((resolve, reject) => {
    compiler.run((error, result) => compiler.close(() => (error ? reject(error) : resolve(result))));
  });
  const { errors, warnings: warned } = stats.toJson({ all: false, errors: true, warnings: true });
  warnings.push(...warned.map(({ message }) => ({ message })));
  if (errors.length > 0) throw Object.assign(new Error(errors.map(({ message }) => message).join('\n')), { errors });
}

// Rollup resolves no packages; this is as much of its plugin as a project needs that uses nothing else.
const packages = {
  name: 'packages',
  resolveId(id) {
    if (id.startsWith('node:')) return { id, external: true };
    if (!/^[\w@]/.test(id)) return null;
    return here.resolve(id).replace(/dist.cjs.node\.js$/, node ? 'dist/esm/node.js' : 'dist/esm/index.js');
  },
};

const bundlers = {
  rollup: async () =>
    rollupLike((await toolbox('rollup/dist/es/rollup.js')).rollup, await arenaBind('rollup'), {
      plugins: [packages],
      ...config,
    }),
  rolldown: async () =>
    rollupLike((await toolbox('rolldown/dist/index.mjs')).rolldown, await arenaBind('rolldown'), {
      platform: node ? 'node' : 'browser',
      ...config,
    }),
  webpack: async () => webpackLike((await toolbox('webpack/lib/index.js')).default, await arenaBind('webpack')),
  rspack: async () => webpackLike((await toolbox('@rspack/core/dist/index.js')).rspack, await arenaBind('rspack')),
  esbuild: async () => {
    const { build } = await import('esbuild');
    const result = await build({
      absWorkingDir: project,
      entryPoints: entries,
      bundle: true,
      splitting: format === 'esm',
      format,
      platform: node ? 'node' : 'browser',
      outdir: out,
      outExtension: { '.js': format === 'cjs' ? '.cjs' : '.js' },
      logLevel: 'silent',
      plugins: [await arenaBind('esbuild')],
      ...config,
    });
    warnings.push(...result.warnings.map(({ text, location }) => ({ message: text, loc: location })));
  },
  'vite-5': async () => vite(await toolbox('vite-5/dist/node/index.js')),
  'vite-6': async () => vite(await toolbox('vite-6/dist/node/index.js')),
  'vite-7': async () => vite(await toolbox('vite-7/dist/node/index.js')),
  'vite-8': async () => vite(await import('vite')),
};

let failure;
try {
  await bundlers[bundler]();
} catch (error) {
  const { message, loc, frame, errors } = error;
  failure = { message, loc, frame, errors };
}
// Rolldown remarks that a plugin took long: compilers do.
console.log(
  JSON.stringify({ failure, warnings: warnings.filter(({ message }) => !message.includes('PLUGIN_TIMINGS')) }),
);
