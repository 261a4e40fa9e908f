// Packs the package and installs it where users have it: in a project of their own, outside of this repository.
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { npm, pack } from '../packed.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of a project in which the packed package is installed. */
    project: string;
    /** The packed package. */
    tarball: string;
  }
}

export default function setup({ provide }: TestProject): () => void {
  const project = realpathSync(mkdtempSync(join(tmpdir(), 'arena-bind-')));
  const tarball = pack(project);
  writeFileSync(join(project, 'package.json'), '{ "name": "user", "private": true }');
  npm(project, 'install', '--silent', '--ignore-scripts', '--prefer-offline', '--no-audit', tarball);
  provide('project', project);
  provide('tarball', tarball);
  return () => rmSync(project, { recursive: true });
}
