// npm run bench: installs and builds what is missing, then runs bench/arena.mjs in a Node of its own.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ensure } from './setup.mjs';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const run = (...args) => spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;

try {
  await ensure(['npm', 'wasm']);
  process.exitCode = run(file('build.mjs')) || run(file('../bench/arena.mjs'), ...process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
