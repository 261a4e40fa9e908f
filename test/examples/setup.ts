// A folder outside of this repository, with the packed package and what else the examples depend on in its node_modules.
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { folderWithPackage } from '../packed.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder that examples are copied into. */
    examples: string;
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGES = ['@types/node', 'vite', 'vitest', 'wavefile'];
const PROGRAMS = {
  'arena-bind': 'arena-bind/dist/tools/cli.js',
  tsc: 'typescript/bin/tsc',
  vite: 'vite/bin/vite.js',
  vitest: 'vitest/vitest.mjs',
};

export default function setup({ provide }: TestProject): () => void {
  const { folder, remove } = folderWithPackage('arena-bind-examples-');
  const modules = join(folder, 'node_modules');
  const link = (from: string, to: string) => {
    mkdirSync(dirname(to), { recursive: true });
    symlinkSync(from, to);
  };
  for (const name of PACKAGES) link(join(root, 'node_modules', name), join(modules, name));
  link(join(root, 'node_modules/typescript-7'), join(modules, 'typescript'));
  for (const [name, path] of Object.entries(PROGRAMS)) link(join(modules, path), join(modules, '.bin', name));
  chmodSync(join(modules, PROGRAMS['arena-bind']), 0o755);
  provide('examples', folder);
  return remove;
}
