// The process that a compiler of WebAssembly runs in, here with a linker that takes for ever when it is told to.
import { beforeEach, expect, test } from 'vitest';
import { BuildError } from '../../src-ts/driver/index.js';
import { YowaspCompiler } from '../../src-ts/driver/yowasp.js';
import { folder } from './helpers.js';

const PACKAGE = {
  'package.json': '{ "version": "1.2.3", "type": "module" }',
  'lib/api.js': `export class Exit extends Error {}
const forever = () => new Promise(() => setInterval(() => {}, 1000));
export const commands = {
  'wasm-ld': async ([first]) => first === 'forever' ? forever() : { 'out.wasm': new Uint8Array(1) },
};
`,
};

let compiler: YowaspCompiler;
beforeEach(() => {
  compiler = new YowaspCompiler(`${folder(PACKAGE)}/lib/api.js`);
});

const link = (arg: string, signal?: AbortSignal) =>
  compiler.link({ objects: [], args: [arg], threads: false, optimize: 'speed' }, signal);
const LINKED = { output: '', wasm: expect.any(Uint8Array) };

test('after one that was stopped, those that wait and those that come get another process', async () => {
  await link('');
  const stop = new AbortController();
  const reason = new Error('enough');
  const stopped = link('forever', stop.signal);
  const waiting = [link(''), link('')];
  await new Promise(setImmediate); // by now it runs
  stop.abort(reason);
  const later = link('');
  await expect(stopped).rejects.toBe(reason);
  expect(await Promise.all([...waiting, later])).toEqual([LINKED, LINKED, LINKED]);
});

test('a process that cannot be started is a BuildError, and the next one may', async () => {
  const { execPath } = process;
  process.execPath = '/nowhere/node';
  try {
    const error = await link('').catch((cause) => cause);
    expect(error).toBeInstanceOf(BuildError);
    expect(error.message).toBe("@yowasp/clang can't be run: spawn /nowhere/node ENOENT");
  } finally {
    process.execPath = execPath;
  }
  expect(await link('')).toEqual(LINKED);
});
