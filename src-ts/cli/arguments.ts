// What a command takes, as one table: its help and the reading of its arguments both come from there.
import { parseArgs } from 'node:util';
import { nearest } from '../show.js';

/** The arguments are not what the command takes; the message says what is. */
export class UsageError extends Error {
  override name = 'UsageError';
}

export interface Option {
  /** Without the dashes. */
  name: string;
  /** One letter. */
  short?: string;
  /** What stands for its value in the help; without one it is a flag. */
  value?: string;
  help: string;
}

export interface Command {
  name: string;
  /** One line. */
  summary: string;
  /** What follows the name, such as `<sources...>`. */
  takes: string;
  /** How many arguments that are no options. */
  count: { least: number; most: number };
  options: readonly Option[];
  /** What follows `--`; a command without it takes nothing there. */
  rest?: string;
  /** Lines below the options. */
  more?: string;
  run(given: Arguments): Promise<number>;
}

export class Arguments {
  /** Of every option given, in the order they came; flags have ''. */
  readonly #options = new Map<string, string[]>();
  readonly positionals: string[] = [];
  /** What follows `--`. */
  readonly rest: string[] = [];

  constructor(command: Command, args: string[]) {
    const all = [...command.options, ...COMMON];
    const { tokens } = parseArgs({
      args,
      strict: false,
      tokens: true,
      allowPositionals: true,
      options: Object.fromEntries(
        all.map(({ name, short, value }) => {
          const option = { type: value ? ('string' as const) : ('boolean' as const), multiple: true };
          return [name, short ? { ...option, short } : option];
        }),
      ),
    });
    let ended = false;
    for (const token of tokens) {
      if (token.kind === 'option-terminator') ended = true;
      else if (token.kind === 'positional') (ended ? this.rest : this.positionals).push(token.value);
      else {
        const option = all.find(({ name }) => name === token.name);
        if (!option) throw unknownOption(command, args[token.index] as string, all);
        if (!option.value && token.value !== undefined) {
          throw new UsageError(`${token.rawName} takes no value, and has ${token.value}`);
        }
        const missing = option.value && !token.inlineValue && (token.value === undefined || /^-./.test(token.value));
        if (missing) throw new UsageError(`${token.rawName} has no value: expected ${token.rawName} ${option.value}`);
        this.#options.set(option.name, [...this.list(option.name), token.value ?? '']);
      }
    }
    if (this.has('help')) return;
    if (this.rest.length > 0 && !command.rest) throw new UsageError(`nothing can follow -- here: ${this.rest[0]}`);
    const { least, most } = command.count;
    const [extra] = this.positionals.slice(most);
    if (extra !== undefined) throw new UsageError(`${extra} is one too many: expected ${command.takes}`);
    if (this.positionals.length < least) throw new UsageError(`${command.takes} is missing`);
  }

  has(name: string): boolean {
    return this.#options.has(name);
  }

  list(name: string): readonly string[] {
    return this.#options.get(name) ?? [];
  }

  /** The last one wins, as with compilers. */
  text(name: string): string | undefined {
    return this.list(name).at(-1);
  }
}

/** What every command takes. */
const COMMON: readonly Option[] = [
  { name: 'verbose', help: 'prints the stack of an error of arena-bind itself (so does ARENA_BIND_DEBUG=1)' },
  { name: 'help', short: 'h', help: 'prints this' },
];

function unknownOption(command: Command, argument: string, options: readonly Option[]): UsageError {
  const [written = argument] = /^--[^=]*/.exec(argument) ?? [];
  const long = written.startsWith('--');
  const near = long
    ? nearest(
        written,
        options.map(({ name }) => `--${name}`),
      )
    : undefined;
  const meant = near ? `: did you mean ${near}?` : command.rest ? `: ${command.rest} go behind --` : '';
  return new UsageError(`unknown option ${written}${meant}`);
}

/** The text of `arena-bind <command> --help`. */
export function helpOf(command: Command): string {
  const rows = [...command.options, ...COMMON].map(({ name, short, value, help }) => {
    const names = `${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`;
    return [names, help] as const;
  });
  const rest = command.rest ? ` [-- ${command.rest}]` : '';
  return [
    `arena-bind ${command.name} ${command.takes} [options]${rest}`,
    '',
    `  ${command.summary}`,
    '',
    table(rows),
    ...(command.more ? ['', command.more] : []),
    '',
  ].join('\n');
}

/** Two columns. */
export function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`.trimEnd()).join('\n');
}
