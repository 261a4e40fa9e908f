// What the tests of the compiler driver share.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';
import { defaultFolder } from '../../src-ts/driver/cache.js';
import { BuildError, type BuildOptions, build, type Diagnostic } from '../../src-ts/driver/index.js';
import { type AnyKernels, Registry } from '../../src-ts/index.js';

export const CPP = fileURLToPath(new URL('cpp', import.meta.url));
/** A folder that is always the same, for the cache's sake, and has @yowasp/clang. */
export const TOOLBOX = fileURLToPath(new URL('../toolbox', import.meta.url));

/** All tests that aren't about the cache have one, in which is already what this package's own build has compiled. */
export const CACHE = defaultFolder(fileURLToPath(new URL('../..', import.meta.url)));

// As a user's folder may be named. It sees the toolbox's @yowasp/clang as a project's own.
const root = realpathSync(mkdtempSync(join(tmpdir(), 'arena bind ü ')));
symlinkSync(join(TOOLBOX, 'node_modules'), join(root, 'node_modules'), 'junction');
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A new folder with these files; gone after the tests of the file. */
export function folder(files: Record<string, string | Uint8Array> = {}): string {
  const path = mkdtempSync(join(root, 'user '));
  put(path, files);
  return path;
}

export function put(folder: string, files: Record<string, string | Uint8Array>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** Builds with the cache of the tests. */
export const make = (options: BuildOptions) => build({ cache: CACHE, ...options });

/** The BuildError that a build ends with. */
export async function failure(options: BuildOptions): Promise<BuildError> {
  const error = await make(options).then(
    () => expect.fail('it was built'),
    (cause) => cause,
  );
  if (!(error instanceof BuildError)) throw error;
  return error;
}

/** The errors of a build, each as `file:line: message`, or with the hint behind it. */
export const errorsOf = ({ diagnostics }: BuildError) => diagnostics.filter(({ severity }) => severity === 'error');
export const brief = ({ file, line, message, hint }: Diagnostic) =>
  `${file?.slice(file.lastIndexOf('/') + 1)}:${line}: ${message}${hint ? ` | ${hint}` : ''}`;

/** A source whose one kernel `name` takes and returns an int. */
export const kernelOf = (name: string, body: string, head = '') => `#include <arena_bind/kernel.hpp>
${head}
int ${name}(int n) { ${body} }
ARENA_KERNEL(${name}, n)
`;

export const open = (wasm: Uint8Array): Registry<AnyKernels> =>
  Registry.createSync({ module: wasm as Uint8Array<ArrayBuffer>, capacity: 1 << 20 });

/** The driver as it ships. */
const DRIVER = new URL('../../dist/tools/driver.js', import.meta.url).href;
const NOBODY = 65534;

/** Runs the text of a module in Node and gives what it prints; it imports the driver from process.env.DRIVER. */
export function inNode(
  program: string,
  { env = {}, ...options }: { env?: NodeJS.ProcessEnv; cwd?: string; uid?: number } = {},
): Promise<string> {
  const args = ['--input-type=module', '-e', program];
  return new Promise((resolve, reject) => {
    const environment = { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', DRIVER, ...env };
    execFile(process.execPath, args, { ...options, env: environment }, (failure, stdout, stderr) =>
      failure ? reject(new Error(`${failure.message}\n${stdout}${stderr}`)) : resolve(stdout),
    );
  });
}

/** The same by a user whom read-only files and folders stop, which they don't root. */
export function asNobody(program: string): Promise<string> {
  const root = process.getuid?.() === 0;
  return inNode(program, root ? { uid: NOBODY, cwd: fileURLToPath(new URL('/', import.meta.url)) } : {});
}
