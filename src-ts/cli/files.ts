// Files, folders and globs to the C++ sources they name. Shells expand globs, but not on Windows or between quotes.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BuildError } from '../driver/index.js';

const SOURCE = /\.(cpp|cc|cxx)$/;
const KERNEL = /^[ \t]*ARENA_KERNEL[ \t]*\(/m;

/** Absolute paths, each once. A file is taken as it is named; of folders and globs, those that have an ARENA_KERNEL. */
export async function kernelSources(named: readonly string[]): Promise<string[]> {
  const found = await Promise.all(named.map(sourcesOf));
  return [...new Set(found.flat())];
}

async function sourcesOf(name: string): Promise<string[]> {
  const entry = await stat(name).catch(() => undefined);
  const pattern = name.replaceAll('\\', '/');
  const [base = ''] = /^(?:[^*?{]*\/)?/.exec(pattern) ?? [];
  const glob = !entry && base !== pattern && /[*?{]/.test(pattern);
  if (!entry?.isDirectory() && !glob) return [resolve(name)];
  const folder = glob ? base || '.' : name;
  const matches = glob ? patternOf(pattern.slice(base.length)) : SOURCE;
  const sources: string[] = [];
  for await (const path of filesBelow(folder)) {
    if (matches.test(path) && KERNEL.test(await readFile(join(folder, path), 'utf8').catch(() => ''))) {
      sources.push(resolve(folder, path));
    }
  }
  if (sources.length === 0) {
    const where = glob ? `no file that matches ${name}` : `no .cpp, .cc or .cxx file in ${resolve(name)}`;
    throw new BuildError(`${where} has an ARENA_KERNEL: name the sources, or a folder or a glob that has some`);
  }
  return sources.sort();
}

// Paths from the folder, with slashes.
async function* filesBelow(folder: string, prefix = ''): AsyncGenerator<string> {
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true }).catch(() => [])) {
    const path = prefix + entry.name;
    if (entry.isFile()) yield path;
    else if (entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.')) {
      yield* filesBelow(folder, `${path}/`);
    }
  }
}

// `**` stands for folders, `*` and `?` for letters of a name, `{a,b}` for either.
function patternOf(glob: string): RegExp {
  let depth = 0;
  const text = glob.replaceAll(/\*\*\/|\*\*|[*?{},]|[^\w/]/g, (part) => {
    switch (part) {
      case '**/':
        return '(?:.*/)?';
      case '**':
        return '.*';
      case '*':
        return '[^/]*';
      case '?':
        return '[^/]';
      case '{':
        depth++;
        return '(?:';
      case '}':
        return depth-- > 0 ? ')' : '\\}';
      case ',':
        return depth > 0 ? '|' : ',';
      default:
        return `\\${part}`;
    }
  });
  return new RegExp(`^${text}${')'.repeat(Math.max(depth, 0))}$`);
}
