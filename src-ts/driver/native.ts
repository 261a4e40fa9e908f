// Compilers that are programs of this machine: each run gets a folder of its own, gone when it ends.
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { Toolchain } from './api.js';
import type { Compiled, Compiler, Linked, Program, Unit } from './compiler.js';
import { parseDepfile } from './depfile.js';
import { run } from './process.js';

/** Plain data, so that it can be kept from one process to the next. */
export type Installation = {
  toolchain: Toolchain;
  /** As long as these files are the same, so is the toolchain. */
  files: string[];
  /** The program and the arguments that every run has. */
  commands: Record<Unit['language'], [string, ...string[]]>;
  /** wasm-ld. */
  linker: string;
  /** wasm-opt, where it belongs to the toolchain. */
  optimizer: string | undefined;
  /** The archives of the C and C++ library. */
  libraries: Record<'one' | 'threads', string[]>;
  /** What makes those archives when they are not there yet, given their names. */
  builder: string | undefined;
};

export class NativeCompiler implements Compiler {
  readonly toolchain: Toolchain;
  readonly id: string;
  #at: Installation;

  constructor(installation: Installation) {
    this.#at = installation;
    this.toolchain = installation.toolchain;
    const { toolchain, files } = installation;
    this.id = JSON.stringify([toolchain, files.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs)]);
  }

  compile(unit: Unit, signal?: AbortSignal): Promise<Compiled> {
    return inFolder(async (folder) => {
      const object = join(folder, 'out.o');
      const depfile = join(folder, 'out.d');
      const [command, ...always] = this.#at.commands[unit.language];
      const where = ['-x', unit.language, '-c', unit.source, '-o', object, '-MMD', '-MF', depfile, '-MT', 'out'];
      const first = unit.precompiled ? ['-include-pch', join(folder, 'first.pch')] : [];
      if (unit.precompiled) await writeFile(join(folder, 'first.pch'), unit.precompiled);
      const { code, stdout, stderr } = await run(command, [...always, ...unit.args, ...first, ...where], {
        cwd: unit.cwd,
        signal,
      });
      const dependencies = existsSync(depfile) ? parseDepfile(await readFile(depfile, 'utf8')) : [unit.source];
      return {
        output: stdout + stderr,
        object: code === 0 ? await readFile(object) : undefined,
        dependencies: dependencies.map((path) => resolve(unit.cwd, path)),
      };
    });
  }

  precompile(unit: Unit, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    return inFolder(async (folder) => {
      const header = join(folder, 'out.pch');
      const [command, ...always] = this.#at.commands[unit.language];
      // By content: another installation of the same files is as good.
      const how = ['-x', `${unit.language}-header`, '-Xclang', '-fno-pch-timestamp', unit.source, '-o', header];
      const { code } = await run(command, [...always, ...unit.args, ...how], { cwd: unit.cwd, signal });
      return code === 0 && existsSync(header) ? readFile(header) : undefined;
    });
  }

  link({ objects, args, threads, optimize }: Program, signal?: AbortSignal): Promise<Linked> {
    return inFolder(async (folder) => {
      const { linker, optimizer, builder } = this.#at;
      const libraries = this.#at.libraries[threads ? 'threads' : 'one'];
      if (builder && !libraries.every((file) => existsSync(file))) {
        await run(builder, ['build', ...libraries.map((file) => basename(file, '.a'))], { signal });
      }
      await Promise.all(objects.map(({ name, bytes }) => writeFile(join(folder, name), bytes)));
      const list = [...args, ...objects.map(({ name }) => name), ...libraries, '-o', 'out.wasm'];
      // Thousands of exports are more than a command line takes.
      await writeFile(join(folder, 'args'), list.map((arg) => `"${arg.replaceAll(/["\\]/g, '\\$&')}"\n`).join(''));
      const { code, stdout, stderr } = await run(linker, ['@args'], { cwd: folder, signal });
      if (code !== 0) return { output: stdout + stderr, wasm: undefined };
      let result = 'out.wasm';
      if (optimizer && optimize !== 'debug') {
        const level = optimize === 'size' ? '-Oz' : '-O3';
        const optimized = await run(optimizer, [level, result, '-o', 'small.wasm'], { cwd: folder, signal });
        // One older than its compiler may not know an instruction; what the linker gave is right as well.
        if (optimized.code === 0) result = 'small.wasm';
      }
      return { output: stdout + stderr, wasm: await readFile(join(folder, result)) };
    });
  }
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'arena-bind-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
