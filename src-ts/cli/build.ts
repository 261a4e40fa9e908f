// arena-bind build: a kernel module from C++.
import { resolve } from 'node:path';
import { type BuildOptions, type Built, build, formatDiagnostic, writeOwn } from '../driver/index.js';
import type { Arguments, Command } from './arguments.js';
import { interruptible } from './interrupt.js';
import { BUILD_OPTIONS, buildOptions, CAPACITY, COMPILER_FLAGS } from './options.js';
import { filesOf, listing, outputOf, shown, typeNote } from './output.js';

export const command: Command = {
  name: 'build',
  summary: 'builds a kernel module from C++: a .wasm, its JavaScript and its types',
  takes: '<sources...>',
  count: { least: 1, most: Infinity },
  options: [
    {
      name: 'out',
      short: 'o',
      value: '<path>',
      help: 'out/filters makes filters.wasm, .js and .d.ts in out; beside the source when left out',
    },
    { name: 'inline', help: 'puts the wasm into the JavaScript' },
    { name: 'watch', short: 'w', help: 'builds again when a source or a header changes' },
    ...BUILD_OPTIONS,
    CAPACITY,
    { name: 'quiet', short: 'q', help: 'prints errors and warnings alone' },
  ],
  rest: COMPILER_FLAGS,
  more: `  Sources are C++ (.cpp .cc .cxx), C (.c), objects (.o) and archives (.a). An -o that ends in .mjs gives .mjs and
  .d.mts. Exit codes: 0; 1 when the build fails; 2 when the command is wrong.`,
  run: (given) => interruptible((signal) => run(given, signal)),
};

async function run(given: Arguments, signal: AbortSignal): Promise<number> {
  const sources = given.positionals;
  const options: BuildOptions = { ...buildOptions(given), sources };
  const output = await outputOf(given.text('out'), sources[0] as string);
  const once = async (stop: AbortSignal): Promise<Built> => {
    const started = performance.now();
    const built = await build({ ...options, signal: stop });
    for (const warning of built.warnings) console.error(formatDiagnostic(warning, resolve()));
    const files = filesOf(built, output, sources, given.has('inline'));
    stop.throwIfAborted();
    await writeOwn(files, 'choose another place by -o', shown);
    const note = await typeNote(output);
    if (note) console.error(`note: ${note}`);
    if (!given.has('quiet')) console.log(`${listing(files)}\n${summary(built, performance.now() - started)}`);
    return built;
  };
  if (!given.has('watch')) {
    await once(signal);
    return 0;
  }
  const { watch } = await import('./watch.js');
  const absolute = (paths: readonly string[]) => paths.map((path) => resolve(path));
  return watch(once, absolute(sources), absolute(options.include ?? []), signal);
}

function summary({ description, toolchain, cached }: Built, milliseconds: number): string {
  const names = description.kernels.map(({ name }) => name);
  const count = `${names.length} kernel${names.length === 1 ? '' : 's'}`;
  const list = names.length > MOST_NAMES ? '' : ` (${names.join(', ')})`;
  const seconds = (milliseconds / 1000).toFixed(1);
  return `${count}${list}, ${toolchain.name} ${toolchain.version}, ${seconds} s${cached ? ' (cached)' : ''}`;
}

const MOST_NAMES = 12;
