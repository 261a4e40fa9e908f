// The user's project: writes files into it and runs them there.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';

/** The path of a file of the user's project. */
export const inProject = (...path: string[]): string => join(inject('project'), ...path);

/** The path of a file of the installed package. */
export const installed = (...path: string[]): string => inProject('node_modules/arena-bind', ...path);

/** The path of a tool's script among this repository's own development packages. */
export const tool = (path: string): string => fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url));

export function write(name: string, text: string): string {
  const file = inProject(name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** Runs a script in Node, in the user's project. */
export function node(...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1' };
    delete env.FORCE_COLOR;
    execFile(process.execPath, args, { cwd: inject('project'), env, maxBuffer: 2 ** 26 }, (failure, stdout, stderr) =>
      resolve({ code: failure ? 1 : 0, output: stdout + stderr }),
    );
  });
}

/** Runs the text of a script, which ends by printing one line of JSON, and gives that. */
export async function evaluate<T>(name: string, source: string, ...flags: string[]): Promise<T> {
  const { code, output } = await node(...flags, write(name, source));
  if (code !== 0) throw new Error(`${name} failed:\n${output}`);
  return JSON.parse(output.trim().split('\n').at(-1) as string);
}
