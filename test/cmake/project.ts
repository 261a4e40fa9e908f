// The user's folder: spaces and letters beyond ASCII in its path, the packed package and what it depends on in
// its node_modules.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { folderWithPackage } from '../packed.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The user's folder. */
    folder: string;
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url));

export default function setup({ provide }: TestProject): () => void {
  const { folder, remove } = folderWithPackage('arena bind ü ');
  provide('folder', folder);
  return remove;
}

/** Writes files into a new project inside the user's folder; `from` is a folder of this repository to begin with. */
export function project(folder: string, files: Record<string, string>, from?: string): string {
  const made = mkdtempSync(join(folder, 'project '));
  if (from !== undefined) cpSync(join(root, from), made, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(made, name)), { recursive: true });
    writeFileSync(join(made, name), text);
  }
  // One cache for all: what is the package's own is compiled once.
  const cache = join('node_modules', '.cache');
  mkdirSync(join(folder, cache), { recursive: true });
  mkdirSync(join(made, 'node_modules'), { recursive: true });
  symlinkSync(join(folder, cache), join(made, cache), 'junction');
  return made;
}

/** A CMakeLists.txt that finds the package. */
export const lists = (text: string, languages = 'CXX') => `cmake_minimum_required(VERSION 3.21)
project(user LANGUAGES ${languages})
find_package(arena-bind REQUIRED PATHS ../node_modules/arena-bind NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
${text}
`;

export interface Ended {
  code: number;
  /** Of both streams, in one line: CMake wraps its messages. */
  output: string;
}

/** Runs a program in a project. */
export function run(
  project: string,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd: project, env: { ...process.env, ...env }, maxBuffer: 2 ** 26 };
    execFile(command, args, options, (failure, stdout, stderr) =>
      resolve({
        code: failure ? 1 : 0,
        output: (stdout + stderr).replaceAll(/\s+/g, ' ').trim(),
      }),
    );
  });
}

/** The same, for a program that has to end well. */
export async function succeed(project: string, command: string, ...args: string[]): Promise<string> {
  const { code, output } = await run(project, command, args);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${output}`);
  return output;
}

/** Configures and builds in build/`name`. */
export async function build(project: string, name: 'wasm' | 'native', ...options: string[]): Promise<Ended> {
  const [command, ...rest] = name === 'wasm' ? ['emcmake', 'cmake'] : ['cmake'];
  const args = [...rest, '-G', 'Ninja', '-B', `build/${name}`, ...options];
  const configured = await run(project, command as string, args);
  if (configured.code !== 0) return configured;
  const built = await run(project, 'cmake', ['--build', `build/${name}`]);
  return { code: built.code, output: configured.output + built.output };
}

/** The path of a tool's script among this repository's own development packages. */
export const tool = (path: string): string => join(root, 'node_modules', path);
