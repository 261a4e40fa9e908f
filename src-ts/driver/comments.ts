// The `///` comments of C++ sources, by the name of the function or struct below them. Only text comes from here: types are
// the compiler's.
import { readFile } from 'node:fs/promises';

const COMMENT =
  /((?:^[ \t]*\/\/\/.*\r?\n)+)((?:^[ \t]*(?:template\b.*|\[\[.*\]\]|#.*)?\r?\n)*)^[ \t]*(.*(?:\r?\n.*){0,4})/gm;

/** The text of each comment, by name. */
export function docsOf(source: string): Map<string, string> {
  const docs = new Map<string, string>();
  for (const [, comment = '', , declaration = ''] of source.matchAll(COMMENT)) {
    const name =
      /^(?:extern\s+"C"\s+)?(?:struct|class|enum(?:\s+class)?)\s+(?:alignas\([^)]*\)\s*)?(\w+)/.exec(
        declaration,
      )?.[1] ?? /^[^;={}]*?(\w+)\s*\(/.exec(declaration)?.[1];
    if (name === undefined) continue;
    const lines = comment.trimEnd().split(/\r?\n/);
    docs.set(name, lines.map((line) => line.trim().replace(/^\/\/\/ ?/, '')).join('\n'));
  }
  return docs;
}

/** Those of several files, which may be missing or no text. The first file that has one for a name is right. */
export async function docsIn(files: readonly string[]): Promise<Map<string, string>> {
  const docs = new Map<string, string>();
  for (const file of [...new Set(files)].reverse()) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (!text.includes('///')) continue;
    for (const [name, comment] of docsOf(text)) docs.set(name, comment);
  }
  return docs;
}
