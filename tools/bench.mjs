// npm run bench: installs and builds what is missing, then runs the tables of bench/ in Node, Chromium and Firefox and ends
// with what was to be reached. `node tools/bench.mjs alloc call/six` runs only what is named; --quick takes fewer samples,
// --engines node,firefox leaves engines out, --json FILE writes all samples. See docs/benchmark.md.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ensure } from './setup.mjs';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const run = (...args) => spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;

try {
  await ensure(['npm', 'bench', 'wasm', 'compiler', 'browsers']);
  process.exitCode = run(file('build.mjs')) || run(file('../bench/run.mjs'), ...process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
