// The packed package in a user's folder, without a registry.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Runs npm without what it prints. */
export function npm(folder: string, ...args: string[]): void {
  execFileSync('npm', args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
}

/** Packs the package into a folder; gives the tarball's path. */
export function pack(folder: string): string {
  npm(ROOT, 'pack', '--silent', '--ignore-scripts', '--pack-destination', folder);
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) as string);
}

/** A new temporary folder, whose name begins so, with the package and what it depends on in its node_modules. */
export function folderWithPackage(name: string): { folder: string; remove: () => void } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), name)));
  mkdirSync(join(folder, 'node_modules/arena-bind'), { recursive: true });
  const args = ['-xzf', pack(folder), '--strip-components=1', '-C', 'node_modules/arena-bind'];
  execFileSync('tar', args, { cwd: folder });
  const modules = join(folder, 'node_modules');
  const { dependencies } = JSON.parse(readFileSync(join(modules, 'arena-bind/package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) {
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name), 'junction');
  }
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}
