#!/usr/bin/env node
// The program arena-bind. What a command needs is loaded when it runs.
import { readFileSync } from 'node:fs';
import { nearest } from '../show.js';
import { Arguments, type Command, helpOf, table, UsageError } from './arguments.js';
import { isUsage, messageOf } from './messages.js';

const COMMANDS: { readonly [name: string]: { summary: string; load: () => Promise<{ command: Command }> } } = {
  build: { summary: 'builds a kernel module from C++', load: () => import('./build.js') },
  types: {
    summary: 'writes the types of .cpp files that TypeScript imports',
    load: () => import('./types.js'),
  },
  inspect: { summary: 'prints what a wasm exports, imports and carries', load: () => import('./inspect.js') },
  doctor: { summary: 'says what would stop which feature here, and the fix', load: () => import('./doctor/index.js') },
  wrap: {
    summary: 'writes the JavaScript and the types of a wasm that is built already',
    load: () => import('./wrap.js'),
  },
};

const HELP = `arena-bind <command> [options]

${table([
  ...Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary] as const),
  ['<command> --help', 'what a command takes'],
  ['--version', "this package's version"],
])}
`;

// Exit codes: 0, 1 when what was asked for failed, 2 when it was asked for in a wrong way.
async function main(args: string[]): Promise<number> {
  const [first, ...rest] = args;
  if (first === '--version' || first === '-v') {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    console.log(version);
    return 0;
  }
  if (first === '--help' || first === '-h' || (first === 'help' && rest.length === 0)) {
    process.stdout.write(HELP);
    return 0;
  }
  if (first === 'help') return main([rest[0] as string, '--help']);
  if (first === undefined) {
    process.stderr.write(HELP);
    return 2;
  }
  const entry = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  if (!entry) {
    const near = /\.(cpp|cc|cxx|c)$/.test(first) ? `build ${first}` : nearest(first, Object.keys(COMMANDS));
    const meant = near ? `did you mean arena-bind ${near}?` : `expected ${Object.keys(COMMANDS).join(', ')}`;
    throw new UsageError(`unknown command ${first}: ${meant}`);
  }
  const { command } = await entry.load();
  let given: Arguments;
  try {
    given = new Arguments(command, rest);
  } catch (error) {
    if (error instanceof UsageError) error.message += `\nsee arena-bind ${first} --help`;
    throw error;
  }
  if (given.has('help')) {
    process.stdout.write(helpOf(command));
    return 0;
  }
  return command.run(given);
}

function report(error: unknown, args: readonly string[]): number {
  const debug = Boolean(process.env.ARENA_BIND_DEBUG) || args.includes('--verbose');
  console.error(messageOf(error, debug));
  return isUsage(error) ? 2 : 1;
}

// Whoever reads the output may stop reading, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const args = process.argv.slice(2);
process.exitCode = await main(args).catch((error) => report(error, args));
