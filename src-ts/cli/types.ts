// arena-bind types: filters.d.cpp.ts beside filters.cpp, for TypeScript where no bundler has run.
import { readFile } from 'node:fs/promises';
import { BuildError, build, typesFile, typesText, writeOwn } from '../driver/index.js';
import type { Arguments, Command } from './arguments.js';
import { kernelSources } from './files.js';
import { interruptible } from './interrupt.js';
import { messageOf } from './messages.js';
import { BUILD_OPTIONS, buildOptions, COMPILER_FLAGS } from './options.js';
import { shown } from './output.js';

export const command: Command = {
  name: 'types',
  summary: 'writes filters.d.cpp.ts beside filters.cpp, as bundler plugins do, for tsc where none has run',
  takes: '[sources...]',
  count: { least: 0, most: Infinity },
  options: [
    { name: 'check', help: 'writes nothing, and fails when a file is missing or not up to date' },
    ...BUILD_OPTIONS,
    { name: 'quiet', short: 'q', help: 'prints errors alone' },
  ],
  rest: COMPILER_FLAGS,
  more: `  Sources are files, folders or globs; the current folder when left out. Of folders and globs, files with an
  ARENA_KERNEL count. TypeScript reads these types where tsconfig.json has "allowArbitraryExtensions": true.`,
  run: (given) => interruptible((signal) => run(given, signal)),
};

async function run(given: Arguments, signal: AbortSignal): Promise<number> {
  const options = { ...buildOptions(given), signal };
  const sources = await kernelSources(given.positionals.length > 0 ? given.positionals : ['.']);
  const results = await Promise.allSettled(
    sources.map(async (source) => {
      const text = typesText(await build({ ...options, sources: [source] }), source);
      const file = typesFile(source);
      const old = await readFile(file, 'utf8').catch(() => undefined);
      if (old === text) return `${shown(file)} is up to date`;
      if (given.has('check')) {
        const what = old === undefined ? 'is missing' : 'is not up to date';
        throw new BuildError(`${shown(file)} ${what}: run arena-bind types ${shown(source)}`);
      }
      await writeOwn(new Map([[file, text]]), 'move it away', shown);
      return `${shown(file)} written`;
    }),
  );
  signal.throwIfAborted();
  for (const result of results) {
    if (result.status === 'rejected') console.error(messageOf(result.reason));
    else if (!given.has('quiet')) console.log(result.value);
  }
  return results.every(({ status }) => status === 'fulfilled') ? 0 : 1;
}
