// Builds what the tables load, into build/bench/.
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../', import.meta.url));
const run = (command, ...args) => promisify(execFile)(command, args, { cwd: root });

/** Kernels as users of this package build them. */
const ownKernels = () =>
  run(process.execPath, 'dist/tools/cli.js', 'build', 'bench/peers/kernels.cpp', '-o', 'build/bench/kernels');

export async function buildPeers() {
  mkdirSync(new URL('../build/bench/', import.meta.url), { recursive: true });
  await Promise.all([ownKernels()]);
}
