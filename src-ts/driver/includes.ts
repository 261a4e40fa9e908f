// Which files a source may include, for compilers that can't look for themselves. No preprocessor runs: every #include
// counts, whatever #if it stands in, and so does what __has_include asks for. What isn't found is left to the compiler.
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** The source and, in turn, all files that its includes lead to; absolute. */
export async function closureOf(source: string, include: readonly string[]): Promise<string[]> {
  const seen = new Set([source]);
  // A set grows while it is walked over.
  for (const path of seen) {
    const text = await readFile(path, 'utf8').catch(() => '');
    const found = await Promise.all(
      namesIn(text).map(([quoted, name]) => find(name, quoted ? [dirname(path), ...include] : include)),
    );
    for (const file of found) if (file) seen.add(file);
  }
  return [...seen];
}

/** The files, none of them there, that `sources` would include if they were: a new one changes what they mean. */
export async function missingBefore(sources: readonly string[], include: readonly string[]): Promise<string[]> {
  const missing = new Set<string>();
  for (const path of sources) {
    const text = await readFile(path, 'utf8').catch(() => '');
    for (const [quoted, name] of namesIn(text)) {
      for (const folder of quoted ? [dirname(path), ...include] : include) {
        const file = resolve(folder, name);
        if (missing.has(file)) continue;
        if (await isFile(file)) break;
        missing.add(file);
      }
    }
  }
  return [...missing];
}

function namesIn(text: string): [quoted: boolean, name: string][] {
  const pattern = /(?:^[ \t]*#[ \t]*include(?:_next)?[ \t]*|__has_include\s*\(\s*)(?:"([^"\n]+)"|<([^>\n]+)>)/gm;
  return Array.from(text.matchAll(pattern), ([, quoted, angled]) => [
    quoted !== undefined,
    (quoted ?? angled) as string,
  ]);
}

async function find(name: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const path = resolve(folder, name);
    if (await isFile(path)) return path;
  }
  return undefined;
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}
