// Changes of files, however an editor makes them.
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FileWatcher, watchFiles } from '../../src-ts/driver/watch.js';

let folder: string;
let watcher: FileWatcher;
let calls: string[][];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'arena bind ü '));
  calls = [];
  watcher = watchFiles((files) => calls.push(files));
});
afterEach(() => {
  watcher.close();
  rmSync(folder, { recursive: true, force: true });
});

const at = (...path: string[]) => join(folder, ...path);
function put(name: string, text: string): string {
  writeFileSync(at(name), text);
  return at(name);
}

/** What is told after `act`, and that no more is. */
async function told(act: () => void): Promise<string[][]> {
  calls = [];
  act();
  await expect.poll(() => calls.length, { timeout: 5000 }).toBeGreaterThan(0);
  await sleep(150);
  return calls;
}
async function silent(act: () => void): Promise<void> {
  calls = [];
  act();
  await sleep(250);
  expect(calls).toEqual([]);
}

test('a file written, replaced by a rename, removed and made again is told each time, once', async () => {
  const a = put('a.cpp', '1');
  watcher.set([a]);
  expect(await told(() => appendFileSync(a, '2'))).toEqual([[a]]);
  expect(await told(() => renameSync(put('a.tmp', '3'), a))).toEqual([[a]]);
  expect(await told(() => appendFileSync(a, '4'))).toEqual([[a]]);
  expect(await told(() => rmSync(a))).toEqual([[a]]);
  expect(await told(() => put('a.cpp', '5'))).toEqual([[a]]);
});

test('several changes at once come together', async () => {
  const [a, b, c] = [put('a.cpp', '1'), put('b.hpp', '1'), put('c.hpp', '1')];
  watcher.set([a, b, c]);
  expect(
    await told(() => {
      appendFileSync(a, '2');
      appendFileSync(c, '2');
      appendFileSync(a, '3');
    }),
  ).toEqual([[a, c]]);
});

test('a file that is missing, even with its folder, is told when it comes, and after the folder was made anew', async () => {
  mkdirSync(at('x'));
  const header = at('x/y/z.hpp');
  watcher.set([header]);
  const make = () => {
    mkdirSync(at('x/y'));
    writeFileSync(header, '1');
  };
  expect(await told(make)).toEqual([[header]]);
  expect(await told(() => rmSync(at('x'), { recursive: true }))).toEqual([[header]]);
  expect(
    await told(() => {
      mkdirSync(at('x'));
      make();
    }),
  ).toEqual([[header]]);
  expect(await told(() => appendFileSync(header, '2'))).toEqual([[header]]);
});

test('other files of the folder, and files that no longer count, are not told', async () => {
  const [a, b] = [put('a.cpp', '1'), put('b.cpp', '1')];
  watcher.set([a, b]);
  watcher.set([a]);
  await silent(() => {
    put('other', '1');
    appendFileSync(b, '2');
  });
  expect(await told(() => appendFileSync(a, '2'))).toEqual([[a]]);
});

test('a file that changed while it was being read is told', async () => {
  const [old, late] = [put('old.hpp', '1'), put('late.hpp', '1')];
  utimesSync(old, 1, 1);
  const began = Date.now() - 1000;
  expect(await told(() => watcher.set([old, late], began))).toEqual([[late]]);
  await silent(() => watcher.set([old, late], began));
});

test('after close nothing is told', async () => {
  const a = put('a.cpp', '1');
  watcher.set([a]);
  appendFileSync(a, '2');
  await silent(() => watcher.close());
  await silent(() => {
    watcher.set([a]);
    appendFileSync(a, '3');
  });
});
