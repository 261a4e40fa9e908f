// arena-bind build --watch: every change is built, errors end nothing.
import { readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { INCREASE, Project } from './cli.js';

const project = new Project();
const WITH_HEADER = INCREASE.replace('\n', '\n#include "step.hpp"\n').replace('value += 1', 'value += STEP');
let watcher: ReturnType<typeof watch> | undefined;

beforeAll(async () => {
  project.write('warm.cpp', INCREASE);
  await project.succeed('build', 'warm.cpp'); // what all modules share is compiled now
});

afterEach(async () => {
  await watcher?.end();
});

/** Watches, and tells what is printed piece by piece. */
function watch(...args: string[]) {
  const child = project.start(['build', ...args, '--watch']);
  let printed = '';
  let look = () => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text) => {
      printed += text;
      look();
    });
  }
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  return {
    /** Waits until `text` has been printed, and gives all up to its end. */
    until: (text: string) =>
      new Promise<string>((resolve, reject) => {
        look = () => {
          const at = printed.indexOf(text);
          if (at < 0) return;
          look = () => {};
          const part = printed.slice(0, at + text.length);
          printed = printed.slice(at + text.length);
          resolve(part);
        };
        const fail = (what: string) => reject(new Error(`${what} before it printed ${text.trim()}, but:\n${printed}`));
        void closed.then((code) => fail(`it ended with ${code}`));
        setTimeout(() => fail('half a minute passed'), 30_000).unref();
        look();
      }),
    async end(): Promise<{ code: number | null; rest: string }> {
      child.kill('SIGINT');
      return { code: await closed, rest: printed };
    },
  };
}

const bytes = (name: string) => readFileSync(project.path(name)).toString('base64');

test('a change is built, an error is printed and leaves the files, and Ctrl-C ends it well', async () => {
  project.write('one.cpp', INCREASE);
  watcher = watch('one.cpp', '-o', 'out/one');
  expect(await watcher.until('watching 1 file\n')).toContain('1 kernel (increase)');
  const first = bytes('out/one.wasm');

  project.write('one.cpp', INCREASE.replace('+= 1', '+= 2'));
  expect(await watcher.until('watching 1 file\n')).toContain('1 kernel (increase)');
  const second = bytes('out/one.wasm');
  expect(second).not.toBe(first);

  project.write('one.cpp', `${INCREASE}int x = ;\n`);
  expect(await watcher.until('watching 1 file\n')).toBe('one.cpp:8:9: error: expected expression\nwatching 1 file\n');
  expect(bytes('out/one.wasm')).toBe(second);

  rmSync(project.path('one.cpp'));
  expect(await watcher.until('watching 1 file\n')).toContain('one.cpp: error: there is no such file');

  project.write('one.cpp', INCREASE);
  expect(await watcher.until('watching 1 file\n')).toContain('(cached)');
  expect(bytes('out/one.wasm')).toBe(first);

  expect(await watcher.end()).toEqual({ code: 0, rest: '' });
});

test('so is a change of a header, even of one that was not there', async () => {
  project.write('two.cpp', WITH_HEADER);
  project.write('include/other.hpp', '');
  watcher = watch('two.cpp', '-Iinclude');
  expect(await watcher.until('watching 3 files\n')).toContain("two.cpp:2:10: error: 'step.hpp' file not found");

  // In order by itself, and the cause of an error elsewhere.
  project.write('include/step.hpp', '#define STEPP 1\n');
  expect(await watcher.until('watching 2 files\n')).toContain("error: use of undeclared identifier 'STEP'");

  project.write('include/step.hpp', '#define STEP 1\n');
  expect(await watcher.until('watching 2 files\n')).toContain('1 kernel (increase)');
  const first = bytes('two.wasm');

  project.write('include/step.hpp', '#define STEP 2\n');
  expect(await watcher.until('watching 2 files\n')).toContain('1 kernel (increase)');
  expect(bytes('two.wasm')).not.toBe(first);
});
