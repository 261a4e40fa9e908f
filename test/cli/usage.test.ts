// What is asked for in a wrong way, and the help that says what is right.
import { readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ended, Project, program, root } from './cli.js';

const project = new Project();
const commands = ['build', 'types', 'inspect', 'doctor', 'wrap'];

beforeAll(() => {
  project.write('a.cpp', '');
});

test('--help names every command, and each command its options', async () => {
  const help = await project.succeed('--help');
  expect(help).toBe(await project.succeed('help'));
  for (const command of commands) {
    expect(help).toMatch(new RegExp(`^  ${command} `, 'm'));
    const text = await project.succeed(command, '--help');
    expect(text).toMatch(new RegExp(`^arena-bind ${command} .*\\[options\\]`));
    expect(text).toContain('--help ');
    expect(text).toBe(await project.succeed('help', command));
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
  }
});

test('the documentation names every option', async () => {
  const documentation = readFileSync(join(root, 'docs/command-line.md'), 'utf8');
  for (const command of commands) {
    const text = await project.succeed(command, '--help');
    for (const [, option] of text.matchAll(/^ {2}(?:-\w, | {4})(--[\w-]+)/gm)) {
      if (option !== '--include' && option !== '--define') expect(documentation).toContain(option);
    }
  }
});

test('--version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(await project.succeed('--version')).toBe(`${version}\n`);
});

test('without a command it prints the help and fails', async () => {
  expect(await project.run([])).toEqual({ code: 2, out: '', err: await project.succeed('--help') });
});

test('help loads no command', () => {
  const closure = new Map<string, string>();
  const add = (path: string) => {
    if (closure.has(path)) return;
    const text = readFileSync(path, 'utf8');
    closure.set(path, text);
    for (const [, name] of text.matchAll(/^(?:import|\} from) ?(?:.*from )?"(\.\/.+?)";/gm)) {
      add(join(dirname(path), name as string));
    }
  };
  add(program);
  expect([...closure.values()].join('').length).toBeLessThan(20_000);
});

describe.concurrent('a wrong use ends with 2, and says what is right:', () => {
  test.each([
    ['an unknown command', ['bild'], 'unknown command bild: did you mean arena-bind build?'],
    ['a source alone', ['a.cpp'], 'unknown command a.cpp: did you mean arena-bind build a.cpp?'],
    ['a name that objects have', ['constructor'], `unknown command constructor: expected ${commands.join(', ')}`],
    ['an unknown option', ['build', 'a.cpp', '--thread'], 'unknown option --thread: did you mean --threads?'],
    ['its value', ['build', 'a.cpp', '--capactiy=8'], 'unknown option --capactiy: did you mean --capacity?'],
    ['a flag of a compiler', ['build', 'a.cpp', '-O3'], 'unknown option -O3: compiler flags go behind --'],
    ['another', ['build', 'a.cpp', '-std=c++23'], 'unknown option -std=c++23: compiler flags go behind --'],
    [
      'an option of another command',
      ['inspect', '--watch', 'a.wasm'],
      'unknown option --watch\nsee arena-bind inspect --help',
    ],
    ['a value too many', ['build', 'a.cpp', '--inline=yes'], '--inline takes no value, and has yes'],
    ['a value too few', ['build', 'a.cpp', '-o'], '-o has no value: expected -o <path>'],
    ['an option for a value', ['build', '-o', '--inline', 'a.cpp'], '-o has no value: expected -o <path>'],
    ['no source', ['build', '--inline'], '<sources...> is missing'],
    ['two modules', ['inspect', 'a.wasm', 'b.wasm'], 'b.wasm is one too many: expected <wasm>'],
    ['flags for no compiler', ['inspect', 'a.wasm', '--', '-O3'], 'nothing can follow -- here: -O3'],
    [
      'a capacity in words',
      ['build', 'a.cpp', '--capacity', '64MB'],
      '--capacity is 64MB: expected bytes, or a number',
    ],
    ['a capacity of no arena', ['build', 'a.cpp', '--capacity', '12'], 'capacity is 12: expected a number of bytes'],
    [
      'a toolchain of no one',
      ['build', 'a.cpp', '--toolchain', 'gcc'],
      'there is no toolchain gcc: expected emcc, clang',
    ],
    ['two ways to optimize', ['build', 'a.cpp', '--debug', '--size'], 'debug and size are both on'],
    ['what no change mends', ['build', 'a.cpp', '--watch', '--debug', '--size'], 'debug and size are both on'],
    ['a macro without a name', ['build', 'a.cpp', '-D', '=1'], 'the macro "=1" has no name'],
    ['a source as output', ['build', 'a.cpp', '-o', 'b.cpp'], "-o is b.cpp: expected the module's path"],
  ])('%s', async (_, args, message) => {
    const { code, out, err } = await project.run(args);
    expect(err).toContain(`arena-bind: ${message}`);
    expect([code, out]).toEqual([2, '']);
  });
});

test('it runs through a link, as npm makes one for its name', async () => {
  symlinkSync(program, project.path('arena-bind'));
  const { code, out } = await ended(project.node([project.path('arena-bind'), '--version']));
  expect([code, out]).toEqual([0, await project.succeed('--version')]);
});

test('who stops reading gets no error', async () => {
  const child = project.start(['inspect', join(root, 'dist/core.wasm'), '--json']);
  child.stdout?.destroy();
  const { code, err } = await ended(child);
  expect([code, err]).toEqual([0, '']);
});
