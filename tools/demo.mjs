// npm run demo: installs what is missing, builds what is out of date, and runs demo/node/main.mjs.
// Top-level imports are built-ins: see setup.mjs.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { help, readOptions, UserError } from '../demo/node/options.mjs';
import { ensure } from './setup.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

async function main(args) {
  if (readOptions(args).help) {
    process.stdout.write(help);
    return 0;
  }
  await ensure(['npm', 'wasm']);
  const build = spawnSync(process.execPath, [join(root, 'tools/build.mjs')], { cwd: root, stdio: ['ignore', 2, 2] });
  if (build.status !== 0) return 1;
  // A young generation of 1 MiB makes the collector come for little garbage: that it does not come is worth more.
  const flags = ['--expose-gc', '--max-semi-space-size=1'];
  const demo = spawnSync(process.execPath, [...flags, join(root, 'demo/node/main.mjs'), ...args], { stdio: 'inherit' });
  return demo.status ?? 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`demo: ${error.message}`);
  if (!(error instanceof UserError)) console.error('Set-up failed; the lines above say what to do.');
  process.exitCode = 1;
}
