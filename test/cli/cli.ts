// Runs the built program as users do: as a process, in a folder with spaces and letters beyond ASCII in its path.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const program = join(root, 'dist/tools/cli.js');
const CACHE = join(root, 'node_modules/.cache');

/** A file with a kernel that adds one. */
export const INCREASE = `#include <arena_bind/kernel.hpp>

/// Adds one to each element.
void increase(std::span<float> values) {
  for (float &value : values) value += 1;
}
ARENA_KERNEL(increase, values)
`;

export interface Ended {
  /** Undefined when a signal ended it. */
  code: number | undefined;
  out: string;
  err: string;
}

/** A user's project, gone after the tests of a file; the package is in its node_modules. */
export class Project {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'arena bind ü ')));

  #evaluated = 0;

  constructor() {
    mkdirSync(this.path('node_modules'));
    symlinkSync(root, this.path('node_modules/arena-bind'), 'junction');
    // What every module has of the package's own is compiled once for all; their own sources are compiled in them.
    mkdirSync(CACHE, { recursive: true });
    symlinkSync(CACHE, this.path('node_modules/.cache'), 'junction');
    afterAll(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  write(name: string, text: string | Uint8Array): string {
    const file = this.path(name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** Starts `arena-bind`. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    return this.node([program, ...args], env);
  }

  /** Runs `arena-bind` to its end. */
  run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return ended(this.start(args, env));
  }

  /** Runs it where it has to end well, and gives what it printed. */
  async succeed(...args: string[]): Promise<string> {
    const { code, out, err } = await this.run(args);
    if (code !== 0 || err !== '') throw new Error(`arena-bind ${args.join(' ')} ended with ${code}:\n${out}${err}`);
    return out;
  }

  /** Runs the text of a module, which prints one line of JSON, and gives that. */
  async evaluate<T>(text: string): Promise<T> {
    const { code, out, err } = await ended(this.node([this.write(`evaluated${this.#evaluated++}.mjs`, text)]));
    if (code !== 0) throw new Error(err);
    return JSON.parse(out);
  }

  node(args: readonly string[], env: NodeJS.ProcessEnv = {}, user: { uid?: number; gid?: number } = {}): ChildProcess {
    return spawn(process.execPath, args, {
      ...user,
      cwd: this.folder,
      env: { ...process.env, NODE_OPTIONS: '', ARENA_BIND_DEBUG: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}

export function ended(child: ChildProcess): Promise<Ended> {
  const texts = { out: '', err: '' };
  child.stdout?.on('data', (text) => {
    texts.out += text;
  });
  child.stderr?.on('data', (text) => {
    texts.err += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? undefined, ...texts }));
  });
}
