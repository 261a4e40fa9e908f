// Programs: where PATH has them, and what they print.
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';

export interface Finished {
  /** 0 when all went well; undefined when a signal ended it. */
  code: number | undefined;
  stdout: string;
  stderr: string;
}

const windows = process.platform === 'win32';

/** The full path of the first of `names` that PATH leads to. */
export function findProgram(...names: string[]): string | undefined {
  return findIn((process.env.PATH ?? '').split(delimiter), ...names);
}

/** The full path of the first of `names` that is a program in one of `folders`. */
export function findIn(folders: readonly string[], ...names: string[]): string | undefined {
  for (const name of names) {
    for (const folder of folders) {
      for (const ending of windows ? ['.exe', '.bat', '.cmd'] : ['']) {
        const file = join(folder, name + ending);
        try {
          accessSync(file, constants.X_OK);
          if (folder && statSync(file).isFile()) return file;
        } catch {
          // not here
        }
      }
    }
  }
  return undefined;
}

// Compilers are the whole load of a build, so no more of them than there are cores.
let free = availableParallelism();
const waiting: (() => void)[] = [];

/** Runs a program to its end; throws when it can't be started, or when `signal` says to give up. */
export async function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; signal?: AbortSignal } = {},
): Promise<Finished> {
  if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
  else free--;
  try {
    options.signal?.throwIfAborted();
    return await start(command, args, options);
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free++;
  }
}

function start(
  command: string,
  args: readonly string[],
  { cwd, signal }: { cwd?: string; signal?: AbortSignal },
): Promise<Finished> {
  // Windows starts a .bat through its shell only, which splits at spaces.
  const shell = windows && /\.(bat|cmd)$/i.test(command);
  const quote = (text: string) => (shell ? `"${text.replaceAll('"', '""')}"` : text);
  return new Promise((resolve, reject) => {
    const child = spawn(quote(command), args.map(quote), {
      cwd,
      shell,
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Messages are read by programs; paths in them may have any letters.
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
    const stop = () => child.kill();
    signal?.addEventListener('abort', stop, { once: true });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        texts[name] += text;
      });
    }
    const end = () => signal?.removeEventListener('abort', stop);
    child.on('error', (error) => {
      end();
      reject(error);
    });
    child.on('close', (code) => {
      end();
      if (signal?.aborted) reject(signal.reason);
      else resolve({ code: code ?? undefined, ...texts });
    });
  });
}
