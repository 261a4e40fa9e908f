// Packs the package and installs it where users have it: in a project of their own, outside of this repository.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of a project in which the packed package is installed. */
    project: string;
    /** The packed package. */
    tarball: string;
  }
}

export default function setup({ provide }: TestProject): () => void {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const project = realpathSync(mkdtempSync(join(tmpdir(), 'arena-bind-')));
  const npm = (folder: string, ...args: string[]) =>
    execFileSync('npm', [...args, '--ignore-scripts'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    });
  npm(root, 'pack', '--silent', '--pack-destination', project);
  const tarball = join(project, readdirSync(project)[0] as string);
  writeFileSync(join(project, 'package.json'), '{ "name": "user", "private": true }');
  npm(project, 'install', '--silent', '--prefer-offline', '--no-audit', tarball);
  provide('project', project);
  provide('tarball', tarball);
  return () => rmSync(project, { recursive: true });
}
