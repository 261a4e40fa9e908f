// What the tests of the compiler driver share.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

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
