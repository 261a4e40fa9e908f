// A folder outside of this repository, with the packed package and what else the examples depend on in its node_modules.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder that examples are copied into. */
    examples: string;
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGES = ['@types/node', 'typescript', 'unplugin', 'vite', 'vitest', 'wavefile'];
const PROGRAMS = {
  'arena-bind': 'arena-bind/dist/tools/cli.js',
  tsc: 'typescript/bin/tsc',
  vite: 'vite/bin/vite.js',
  vitest: 'vitest/vitest.mjs',
};

export default function setup({ provide }: TestProject): () => void {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'arena-bind-examples-')));
  const modules = join(folder, 'node_modules');
  const installed = join(modules, 'arena-bind');
  mkdirSync(installed, { recursive: true });
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) as string;
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', 'node_modules/arena-bind'], { cwd: folder });
  const link = (from: string, to: string) => {
    mkdirSync(dirname(to), { recursive: true });
    symlinkSync(from, to);
  };
  for (const name of PACKAGES) link(join(root, 'node_modules', name), join(modules, name));
  for (const [name, path] of Object.entries(PROGRAMS)) link(join(modules, path), join(modules, '.bin', name));
  chmodSync(join(modules, PROGRAMS['arena-bind']), 0o755);
  provide('examples', folder);
  return () => rmSync(folder, { recursive: true });
}
