// npm run bench: installs and builds what is missing, then runs bench/arena.mjs and bench/threads.mjs, each in a Node of its
// own. `node tools/bench.mjs threads` runs only what is named.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ensure } from './setup.mjs';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const run = (...args) => spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;

try {
  await ensure(['npm', 'wasm']);
  const [names, flags] = [false, true].map((flag) =>
    process.argv.slice(2).filter((word) => word.startsWith('-') === flag),
  );
  process.exitCode = run(file('build.mjs'));
  for (const name of names.length > 0 ? names : ['arena', 'threads']) {
    process.exitCode ||= run(file(`../bench/${name}.mjs`), ...flags);
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
