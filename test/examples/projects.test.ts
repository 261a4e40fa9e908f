// What every example has to be: complete, and of packages that the tests have.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, inject, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const names = readdirSync(join(root, 'examples'));
const json = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));

it.each(names)('%s says what it shows, and is in the list of examples', (name) => {
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(`| [${name}](examples/${name}) |`);
  const manifest = json(root, 'examples', name, 'package.json');
  expect(manifest).toMatchObject({ name: `arena-bind-example-${name}`, private: true, type: 'module' });
});

it.each(names)('%s is complete', (name) => {
  const folder = join(root, 'examples', name);
  const { scripts, dependencies, devDependencies } = json(folder, 'package.json');
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  for (const script of Object.keys(scripts).filter((each) => each !== 'preview')) {
    expect(readme).toMatch(new RegExp(`npm (run )?${script}\\b`));
  }
  for (const [, path = ''] of readme.matchAll(/\]\(([^):]+)\)/g)) expect(existsSync(join(folder, path))).toBe(true);
  expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toMatch(/^node_modules$/m);
  for (const [each, range] of Object.entries<string>({ ...dependencies, ...devDependencies })) {
    const { version } = json(inject('examples'), 'node_modules', each, 'package.json');
    expect(range[0]).toBe('^');
    const wanted = range.slice(1).split('.').map(Number);
    const [major, minor] = version.split('.').map(Number);
    expect([each, major]).toEqual([each, wanted[0]]);
    expect(minor).toBeGreaterThanOrEqual(wanted[1] ?? 0);
  }
});
