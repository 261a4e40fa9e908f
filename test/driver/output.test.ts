// Files written whole or not at all.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { BuildError } from '../../src-ts/driver/api.js';
import { writeWhole } from '../../src-ts/driver/output.js';
import { asNobody } from './helpers.js';

const root = mkdtempSync(join(tmpdir(), 'arena bind ü '));
let folder = root;
let count = 0;
beforeEach(() => {
  folder = join(root, String(count++));
  mkdirSync(folder);
});
afterAll(() => rmSync(root, { recursive: true }));

const inFolder = (...path: string[]) => join(folder, ...path);
const write = (files: Record<string, string | Uint8Array>) =>
  writeWhole(new Map(Object.entries(files).map(([name, content]) => [inFolder(name), content])));
async function refusal(files: Record<string, string | Uint8Array>): Promise<string> {
  const error = await write(files).then(
    () => expect.fail('it was written'),
    (cause) => cause,
  );
  expect(error).toBeInstanceOf(BuildError);
  return error.message;
}

test('texts and bytes are written, with the folders they need', async () => {
  await write({ 'a b/ü.js': 'text ü', 'x.wasm': new Uint8Array([0, 255]) });
  expect(readFileSync(inFolder('a b/ü.js'), 'utf8')).toBe('text ü');
  expect([...readFileSync(inFolder('x.wasm'))]).toEqual([0, 255]);
  expect(readdirSync(folder).sort()).toEqual(['a b', 'x.wasm']);
});

test('a file that has the same bytes stays untouched, others are replaced', async () => {
  await write({ same: 'one', other: 'one' });
  for (const name of ['same', 'other']) utimesSync(inFolder(name), 1, 1);
  await write({ same: 'one', other: 'two' });
  expect(statSync(inFolder('same')).mtimeMs).toBe(1000);
  expect(statSync(inFolder('other')).mtimeMs).not.toBe(1000);
  expect(readFileSync(inFolder('other'), 'utf8')).toBe('two');
});

test('a link stays a link', async () => {
  writeFileSync(inFolder('real'), 'old');
  symlinkSync('real', inFolder('link'));
  await write({ link: 'new' });
  expect(lstatSync(inFolder('link')).isSymbolicLink()).toBe(true);
  expect(readFileSync(inFolder('real'), 'utf8')).toBe('new');
});

test('when one of several cannot be written, none is', async () => {
  writeFileSync(inFolder('first'), 'old');
  mkdirSync(inFolder('second'));
  expect(await refusal({ first: 'new', second: 'new' })).toBe(
    `cannot write ${inFolder('second')}: it is a folder; move it away, or choose another name for the output`,
  );
  expect(readFileSync(inFolder('first'), 'utf8')).toBe('old');
  expect(readdirSync(folder).sort()).toEqual(['first', 'second']);
});

test('a path that leads through a file is refused', async () => {
  writeFileSync(inFolder('file'), '');
  expect(await refusal({ 'file/x.js': '' })).toContain(
    `cannot write in the folder ${inFolder('file')}: a part of this path is a file`,
  );
});

test('a read-only folder and a read-only file say what to do', async () => {
  mkdirSync(inFolder('locked'), { mode: 0o555 });
  writeFileSync(inFolder('kept'), 'old', { mode: 0o444 });
  chmodSync(root, 0o755);
  chmodSync(folder, 0o777);
  const program = (name: string) => `
    const { writeWhole } = await import(process.env.DRIVER);
    await writeWhole(new Map([[${JSON.stringify(inFolder(name))}, 'new']])).catch((error) => console.log(error.message));
  `;
  expect(await asNobody(program('locked/x.js'))).toBe(
    `cannot write in the folder ${inFolder('locked')}: it is read-only for you (EACCES); allow writing there, or choose another output folder\n`,
  );
  expect(await asNobody(program('kept'))).toBe(
    `cannot write ${inFolder('kept')}: it is read-only for you (EACCES); allow writing there, or choose another output folder\n`,
  );
  expect(readFileSync(inFolder('kept'), 'utf8')).toBe('old');
  expect(existsSync(inFolder('locked/x.js'))).toBe(false);
  expect(readdirSync(folder).sort()).toEqual(['kept', 'locked']);
});
