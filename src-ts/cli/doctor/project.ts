// What the project around a folder has: bundlers, TypeScript's settings, what git ignores.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { run } from '../../driver/process.js';
import { shown } from '../output.js';
import type { Finding } from './finding.js';

/** Versions that the plugins and entries are made for: the first and the last major one. */
const PACKAGES: readonly { name: string; from: readonly [major: number, minor: number]; to: number; entry: string }[] =
  [
    { name: 'vite', from: [5, 0], to: 8, entry: 'vite' },
    { name: 'rollup', from: [4, 0], to: 4, entry: 'rollup' },
    { name: 'rolldown', from: [1, 0], to: 1, entry: 'rolldown' },
    { name: 'webpack', from: [5, 0], to: 5, entry: 'webpack' },
    { name: '@rspack/core', from: [1, 0], to: 2, entry: 'rspack' },
    { name: 'esbuild', from: [0, 18], to: 0, entry: 'esbuild' },
    { name: 'vitest', from: [3, 2], to: 4, entry: 'vitest' },
  ];

/** The nearest folder with a package.json; undefined outside of any project. */
export function projectOf(cwd: string): string | undefined {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

export async function checkProject(folder: string): Promise<Finding[]> {
  return [...checkPackages(folder), ...checkTypeScript(folder), ...(await checkGit(folder))];
}

function checkPackages(folder: string): Finding[] {
  let manifest: { [key: string]: Record<string, string> | undefined };
  try {
    manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  } catch (error) {
    const says = `package.json is no JSON: ${(error as Error).message}`;
    return [{ level: 'note', about: 'project', says, fix: `mend ${shown(join(folder, 'package.json'))}` }];
  }
  const named = { ...manifest.dependencies, ...manifest.devDependencies };
  return PACKAGES.filter(({ name }) => name in named).map(({ name, from, to, entry }): Finding => {
    const version = versionOf(name, folder);
    if (version === undefined) {
      return { level: 'note', about: name, says: 'named in package.json and not installed', fix: 'npm install' };
    }
    const [major = 0, minor = 0] = version.split('.').map(Number);
    const old = major < from[0] || (major === from[0] && minor < from[1]);
    const range = `${from.join('.')}${to > from[0] ? ` to ${to}` : ''}`;
    if (old) {
      const says = `${version} is older than what arena-bind/${entry} is made for (${range})`;
      return { level: 'note', about: name, says, fix: `npm install ${name}@latest` };
    }
    const newer = major > to ? `, newer than what arena-bind/${entry} is tested with (${range})` : '';
    return { level: 'ok', about: name, says: version + newer };
  });
}

function versionOf(name: string, folder: string): string | undefined {
  for (const place of createRequire(join(folder, 'package.json')).resolve.paths(name) ?? []) {
    try {
      return JSON.parse(readFileSync(join(place, name, 'package.json'), 'utf8')).version;
    } catch {
      // not here
    }
  }
  return undefined;
}

const OPTION = 'allowArbitraryExtensions';

function checkTypeScript(folder: string): Finding[] {
  const first = join(folder, 'tsconfig.json');
  if (!existsSync(first)) return [];
  try {
    // One that only refers to others compiles nothing itself.
    const { references = [], files } = readConfig(first);
    const referred = references.map(({ path }) =>
      resolve(folder, path.endsWith('.json') ? path : join(path, 'tsconfig.json')),
    );
    const configs = files?.length === 0 ? referred : [first, ...referred];
    const lacking = configs.filter((file) => existsSync(file) && isSet(file, new Set()) !== true);
    if (lacking.length === 0) return [{ level: 'ok', about: 'TypeScript', says: `${OPTION} is on` }];
    return lacking.map((file) => ({
      level: 'note',
      about: 'TypeScript',
      says: `${shown(file)} has no "${OPTION}", which stops tsc from reading the types of an imported .cpp`,
      fix: `add "${OPTION}": true to its compilerOptions`,
    }));
  } catch (error) {
    return [
      { level: 'note', about: 'TypeScript', says: `${shown(first)} cannot be read: ${(error as Error).message}` },
    ];
  }
}

interface Config {
  extends?: string | string[];
  compilerOptions?: Record<string, unknown>;
  references?: { path: string }[];
  files?: string[];
}

// Its own word counts, then that of what it extends: the last one that says anything.
function isSet(file: string, seen: Set<string>): boolean | undefined {
  if (seen.has(file)) return undefined;
  seen.add(file);
  const config = readConfig(file);
  const own = config.compilerOptions?.[OPTION];
  if (typeof own === 'boolean') return own;
  for (const name of [config.extends ?? []].flat().reverse()) {
    const parent = extended(name, file);
    const word = parent === undefined ? undefined : isSet(parent, seen);
    if (word !== undefined) return word;
  }
  return undefined;
}

function extended(name: string, from: string): string | undefined {
  const endings = ['', '.json', '/tsconfig.json'];
  if (/^\.{0,2}\//.test(name)) {
    return endings
      .map((ending) => resolve(dirname(from), name + ending))
      .find((file) => /\.json$/.test(file) && existsSync(file));
  }
  const { resolve: find } = createRequire(from);
  for (const ending of endings) {
    try {
      return find(name + ending);
    } catch {
      // not this one
    }
  }
  return undefined;
}

// JSON with comments and commas before closing brackets; strings stay as they are.
function readConfig(file: string): Config {
  const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  const plain = text.replaceAll(/"(?:[^"\\]|\\.)*"|\/\/.*|\/\*[\s\S]*?\*\//g, (part) => (part[0] === '"' ? part : ''));
  return JSON.parse(plain.replaceAll(/"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])/g, (part) => (part[0] === '"' ? part : '')));
}

async function checkGit(folder: string): Promise<Finding[]> {
  const about = 'git';
  try {
    const { code } = await run('git', ['check-ignore', '-q', 'filters.d.cpp.ts'], { cwd: folder });
    if (code === 0) return [{ level: 'ok', about, says: '*.d.cpp.ts is ignored' }];
    if (code !== 1) return []; // no work tree
    const says = '*.d.cpp.ts, which plugins write beside an imported .cpp, is not ignored';
    return [{ level: 'note', about, says, fix: 'add *.d.cpp.ts to .gitignore' }];
  } catch {
    return []; // no git
  }
}
