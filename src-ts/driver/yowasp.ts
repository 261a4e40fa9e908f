// The npm package @yowasp/clang: clang and wasm-ld as WebAssembly, which see only the files that they are handed.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { BuildError, type Toolchain } from './api.js';
import type { Compiled, Compiler, Linked, Program, Unit } from './compiler.js';
import { parseDepfile } from './depfile.js';
import { closureOf } from './includes.js';

const NAME = '@yowasp/clang';
// Files of this machine stand below this folder, apart from the compiler's own below /usr.
const HOST = '/host';
const OWN = '/usr/lib/wasm32-wasip1';
const LIBRARIES = [
  `${OWN}/libc++.a`,
  `${OWN}/libc++abi.a`,
  `${OWN}/libc.a`,
  '/usr/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a',
];

/** The package's main file: the project's own, else ours; undefined when neither has it. */
export function findYowasp(cwd: string): string | undefined {
  for (const from of [join(cwd, 'package.json'), fileURLToPath(import.meta.url)]) {
    for (const folder of createRequire(from).resolve.paths(NAME) ?? []) {
      try {
        const { exports } = JSON.parse(readFileSync(join(folder, NAME, 'package.json'), 'utf8'));
        return join(folder, NAME, exports.default);
      } catch {
        // not here
      }
    }
  }
  return undefined;
}

export class YowaspCompiler implements Compiler {
  readonly toolchain: Toolchain;
  readonly id: string;

  constructor(path: string) {
    const { version } = JSON.parse(readFileSync(join(dirname(dirname(path)), 'package.json'), 'utf8'));
    this.toolchain = { name: 'yowasp', version, path };
    this.id = `yowasp ${version}`;
  }

  async compile(unit: Unit, signal?: AbortSignal): Promise<Compiled> {
    const closure = await closureOf(unit.source, unit.include);
    const files = await Promise.all(
      closure.map(async (path) => [hosted(path), await readFile(path).catch(() => new Uint8Array())] as const),
    );
    const include = new Set(unit.include);
    const args = unit.args.map((arg) => hostedArgument(arg, include, unit.cwd));
    const where = [
      '-x',
      unit.language,
      '-c',
      hosted(unit.source),
      '-o',
      '/out.o',
      '-MMD',
      '-MF',
      '/out.d',
      '-MT',
      'out',
    ];
    const command = unit.language === 'c' ? 'clang' : 'clang++';
    const done = await ask(
      this.toolchain.path,
      { command, args: [...args, ...where], files, wanted: ['/out.o', '/out.d'] },
      signal,
    );
    const [object, depfile] = done.files;
    const dependencies = depfile ? parseDepfile(new TextDecoder().decode(depfile)) : [hosted(unit.source)];
    return {
      output: unhosted(done.output),
      object: done.code === 0 ? object : undefined,
      dependencies: dependencies.filter((path) => path.startsWith(HOST)).map((path) => resolve(unhosted(path))),
    };
  }

  async link({ objects, args }: Program, signal?: AbortSignal): Promise<Linked> {
    const files = objects.map(({ name, bytes }) => [`/${name}`, bytes] as const);
    const list = [...args, ...files.map(([name]) => name), ...LIBRARIES, '-o', '/out.wasm'];
    const request = { command: 'wasm-ld', args: list, files, wanted: ['/out.wasm'] };
    const done = await ask(this.toolchain.path, request, signal);
    return {
      output: done.output.replaceAll(/(?<=^|[\s(])\/(?=\d+-)/gm, ''),
      wasm: done.code === 0 ? done.files[0] : undefined,
    };
  }
}

// A path of Windows starts with a drive: C:\x is /host/C:/x there.
function hosted(path: string): string {
  return path.startsWith('/') ? HOST + path : `${HOST}/${path.replaceAll('\\', '/')}`;
}

function unhosted(text: string): string {
  return text.replaceAll(process.platform === 'win32' ? `${HOST}/` : HOST, '');
}

function hostedArgument(arg: string, include: ReadonlySet<string>, cwd: string): string {
  const [, flag, path] = /^(-I|-isystem)(.*)$/s.exec(arg) ?? [];
  if (flag && path) return flag + hosted(path);
  if (arg.startsWith('-fmacro-prefix-map=')) return arg.replace(join(cwd, sep), (path) => hosted(path));
  return include.has(arg) ? hosted(arg) : arg;
}

interface Request {
  command: string;
  args: readonly string[];
  files: readonly (readonly [path: string, bytes: Uint8Array])[];
  /** Paths to send back. */
  wanted: readonly string[];
}

interface Answer {
  code: number;
  output: string;
  /** As wanted; undefined where there is none. */
  files: (Uint8Array | undefined)[];
}

// What runs in the child. V8 would spend more time on optimizing the compiler than the compiler takes.
const FLAGS = ['--liftoff-only', '--input-type=module'];
const PROGRAM = `
const { commands, Exit } = await import(process.argv[1]);
process.on('message', async ({ command, args, files, wanted }) => {
  const root = {};
  for (const [path, bytes] of files) {
    const names = path.split('/').slice(1);
    let folder = root;
    for (const name of names.slice(0, -1)) folder = folder[name] ??= {};
    folder[names.at(-1)] = bytes;
  }
  const printed = [];
  const print = (bytes) => bytes && printed.push(Buffer.from(bytes));
  let code = 0;
  let tree = {};
  try {
    tree = await commands[command](args, root, { stdout: print, stderr: print, decodeASCII: false, fetchProgress() {} });
  } catch (error) {
    code = error instanceof Exit ? error.code : 1;
    if (!(error instanceof Exit)) printed.push(Buffer.from(String(error.stack)));
    tree = error.files ?? {};
  }
  const find = (path) => path.split('/').slice(1).reduce((folder, name) => folder?.[name], tree);
  process.send({ code, output: Buffer.concat(printed).toString(), files: wanted.map(find) });
});
process.on('disconnect', () => process.exit());
process.send('ready');
`;

interface Child {
  process: ChildProcess;
  /** Ends when the child can take another request. */
  idle: Promise<unknown>;
}

// One for each installation, kept for the next build: it starts slowly and gets faster. It takes one request at a time.
const children = new Map<string, Child>();

function childOf(path: string): Child {
  const old = children.get(path);
  if (old) return old;
  const child = spawn(process.execPath, [...FLAGS, '-e', PROGRAM, pathToFileURL(path).href], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
    windowsHide: true,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const made: Child = { process: child, idle: next(child) };
  made.idle.catch(() => {}); // whoever asks is told
  children.set(path, made);
  const forget = () => forgetChild(path, made);
  child.once('exit', forget);
  child.on('error', forget); // a late one has no other listener, and would end this process
  return made;
}

function forgetChild(path: string, child: Child): void {
  if (children.get(path) === child) children.delete(path);
}

// The child's next message. While it is awaited the child keeps this process alive, and otherwise it doesn't.
function next(child: ChildProcess): Promise<unknown> {
  child.ref();
  child.channel?.ref();
  let printed = '';
  const listen = (text: Buffer) => {
    printed += text;
  };
  child.stderr?.on('data', listen);
  return new Promise<unknown>((resolve, reject) => {
    const settle = (done: () => void) => {
      child.off('message', message);
      child.off('exit', exit);
      child.off('error', error);
      child.stderr?.off('data', listen);
      child.unref();
      child.channel?.unref();
      (child.stderr as unknown as { unref?(): void } | null)?.unref?.();
      done();
    };
    const message = (value: unknown) => settle(() => resolve(value));
    const exit = (code: number | null) =>
      settle(() =>
        reject(new BuildError(`${NAME} ended with ${code ?? 'a signal'}: ${printed.trim() || 'it said nothing'}`)),
      );
    const error = (cause: Error) => settle(() => reject(new BuildError(`${NAME} can't be run: ${cause.message}`)));
    child.on('message', message);
    child.on('exit', exit);
    child.on('error', error);
  });
}

function ask(path: string, request: Request, signal?: AbortSignal): Promise<Answer> {
  const child = childOf(path);
  const answer = child.idle.then(async () => {
    signal?.throwIfAborted();
    // The request before this one may have been the last of its process.
    if (children.get(path) !== child) return ask(path, request, signal);
    // A run can't be stopped but with its process.
    const stop = () => {
      forgetChild(path, child);
      child.process.kill();
    };
    signal?.addEventListener('abort', stop, { once: true });
    try {
      const answered = next(child.process);
      child.process.send(request);
      return (await answered) as Answer;
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  });
  child.idle = answer.catch(() => {});
  return answer;
}
