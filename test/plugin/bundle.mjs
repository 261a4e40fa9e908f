// Bundles the project in the current folder as its owner would, and prints what came of it as a line of JSON; with `watch`
// a line for each build, until the standard input ends:
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
  watch = false,
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
let warnings = [];

function print(error) {
  const failure = error && { message: error.message, loc: error.loc, frame: error.frame, errors: error.errors };
  // Rolldown remarks that a plugin took long: compilers do.
  warnings = warnings.filter(({ message }) => !message.includes('PLUGIN_TIMINGS'));
  console.log(JSON.stringify({ failure, warnings }));
  warnings = [];
}

/** Prints what the watchers of Rollup, Rolldown and Vite tell. */
function follow(watcher) {
  let error;
  watcher.on('event', (event) => {
    if (event.code === 'ERROR') error = event.error;
    event.result?.close();
    if (event.code !== 'END') return;
    print(error);
    error = undefined;
  });
}

async function rollupLike({ rollup, rolldown, watch: follows }, plugin, settings) {
  const onwarn = ({ message, loc }) => warnings.push({ message, loc });
  const chunkFileNames = `[name]-[hash].${format === 'cjs' ? 'cjs' : 'js'}`;
  const output = {
    dir: out,
    format: { esm: 'es', cjs: 'cjs', iife: 'iife' }[format],
    entryFileNames: chunkFileNames.replace('-[hash]', ''),
    chunkFileNames,
  };
  const inputs = { input, onwarn, ...settings, plugins: [...(settings.plugins ?? []), plugin] };
  if (watch) return follow(follows({ ...inputs, output }));
  const made = await (rollup ?? rolldown)(inputs);
  await made.write(output);
  await made.close();
}

async function vite({ build }) {
  const logger = { hasWarned: false, hasErrorLogged: () => false, clearScreen() {}, info() {}, error() {} };
  logger.warn = logger.warnOnce = (message) => warnings.push({ message });
  const watcher = await build({
    root: project,
    base,
    configFile: false,
    customLogger: logger,
    build: {
      outDir: out,
      target: 'esnext',
      minify: false,
      ...(node && { ssr: entries.main }),
      ...config.build,
      ...(watch && { watch: {} }),
    },
    worker: { format: config.worker ?? 'es' },
    plugins: [await arenaBind('vite')],
  });
  if (watch) follow(watcher);
}

async function webpackLike(webpack, plugin) {
  const compiler = webpack({
    mode: 'production',
    context: project,
    entry: input,
    target: node ? 'node20' : 'web',
    output: {
      path: join(project, out),
      ...(format === 'esm' && { module: true, chunkFormat: 'module' }),
      filename: `[name].${format === 'cjs' ? 'cjs' : 'js'}`,
      ...config.output,
    },
    experiments: { outputModule: format === 'esm' },
    optimization: { minimize: false },
    plugins: [plugin],
  });
  const said = (stats) => {
    const { errors, warnings: warned } = stats.toJson({ all: false, errors: true, errorDetails: true, warnings: true });
    warnings.push(...warned.map(({ message }) => ({ message })));
    if (errors.length === 0) return undefined;
    return Object.assign(new Error(errors.map(({ message }) => message).join('\n')), { errors });
  };
  if (watch) return compiler.watch({}, (error, stats) => print(error ?? said(stats)));
  const error = await new Promise((resolve) => {
    compiler.run((failed, stats) => compiler.close(() => resolve(failed ?? said(stats))));
  });
  if (error) throw error;
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
    rollupLike(await toolbox('rollup/dist/es/rollup.js'), await arenaBind('rollup'), {
      plugins: [packages],
      ...config,
    }),
  rolldown: async () =>
    rollupLike(await toolbox('rolldown/dist/index.mjs'), await arenaBind('rolldown'), {
      platform: node ? 'node' : 'browser',
      ...config,
    }),
  webpack: async () => webpackLike((await toolbox('webpack/lib/index.js')).default, await arenaBind('webpack')),
  rspack: async () => webpackLike((await toolbox('@rspack/core/dist/index.js')).rspack, await arenaBind('rspack')),
  esbuild: async () => {
    const { build, context } = await import('esbuild');
    const say = ({ warnings: warned }) =>
      warnings.push(...warned.map(({ text, location }) => ({ message: text, loc: location })));
    const told = {
      name: 'told',
      setup({ onEnd }) {
        onEnd((result) => {
          const [error] = result.errors;
          say(result);
          print(error && { message: error.text, errors: result.errors });
        });
      },
    };
    const settings = {
      absWorkingDir: project,
      entryPoints: entries,
      bundle: true,
      splitting: format === 'esm',
      format,
      platform: node ? 'node' : 'browser',
      outdir: out,
      outExtension: { '.js': format === 'cjs' ? '.cjs' : '.js' },
      logLevel: 'silent',
      plugins: [await arenaBind('esbuild'), ...(watch ? [told] : [])],
      ...config,
    };
    if (watch) await (await context(settings)).watch();
    else say(await build(settings));
  },
  'vite-5': async () => vite(await toolbox('vite-5/dist/node/index.js')),
  'vite-6': async () => vite(await toolbox('vite-6/dist/node/index.js')),
  'vite-7': async () => vite(await toolbox('vite-7/dist/node/index.js')),
  'vite-8': async () => vite(await import('vite')),
};

if (watch) {
  process.stdin.resume();
  process.stdin.on('end', () => process.exit());
  await bundlers[bundler]();
} else {
  await bundlers[bundler]().then(() => print(), print);
}
