// Writes what a build gives: each file whole or not at all, and none of several before all of them are on the disk.
import { randomUUID } from 'node:crypto';
import { access, constants, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SIGNATURE_EXPORT } from '../signature.js';
import { BuildError } from './api.js';
import { isGenerated } from './emit.js';

interface Pending {
  file: string;
  temporary: string;
}

/**
 * Writes files by their paths, and the folders they need. A file that has these bytes already is left alone, so that
 * whoever watches it stays asleep. Throws a BuildError that says which folder or file is in the way.
 */
export async function writeWhole(files: ReadonlyMap<string, string | Uint8Array>): Promise<void> {
  const pending: Pending[] = [];
  try {
    for (const [path, content] of files) {
      // Through a link: it stays one.
      const file = await realpath(path).catch(() => resolve(path));
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      if (await has(file, bytes)) continue;
      const temporary = join(dirname(file), `.${basename(file)}.${randomUUID()}.new`);
      pending.push({ file, temporary });
      await attempt(file, async () => {
        await mkdir(dirname(file), { recursive: true });
        await writeFile(temporary, bytes);
        // A rename of a file onto a folder would fail after others have taken their places.
        const old = await stat(file).catch(() => undefined);
        if (old?.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
        if (old) await access(file, constants.W_OK); // a rename would replace what is meant to stay
      });
    }
    for (const { file, temporary } of pending) await attempt(file, () => rename(temporary, file));
  } finally {
    await Promise.all(pending.map(({ temporary }) => rm(temporary, { force: true }).catch(() => {})));
  }
}

/**
 * The same where nothing is lost: throws when one of them is there and nothing of ours, such as someone's own filters.js
 * beside filters.cpp. `shown` is how the message names a file.
 */
export async function writeOwn(
  files: ReadonlyMap<string, string | Uint8Array>,
  advice: string,
  shown: (file: string) => string = (file) => file,
): Promise<void> {
  for (const file of files.keys()) {
    const old = await readFile(file).catch(() => undefined);
    if (old === undefined) continue;
    if (file.endsWith('.wasm') ? old.includes(SIGNATURE_EXPORT) : isGenerated(old.toString())) continue;
    throw new BuildError(`${shown(file)} is there already and arena-bind has not written it: ${advice}`);
  }
  await writeWhole(files);
}

async function has(file: string, bytes: Uint8Array): Promise<boolean> {
  const old = await readFile(file).catch(() => undefined);
  return old?.equals(bytes) ?? false;
}

async function attempt(file: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw new BuildError(reasonOf(file, cause as NodeJS.ErrnoException), [], { cause });
  }
}

function reasonOf(file: string, { code, message, path }: NodeJS.ErrnoException): string {
  const folder = dirname(file);
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS': {
      const place = path === file ? file : `in the folder ${folder}`;
      return `cannot write ${place}: it is read-only for you (${code}); allow writing there, or choose another output folder`;
    }
    case 'EISDIR':
      return `cannot write ${file}: it is a folder; move it away, or choose another name for the output`;
    case 'EEXIST':
    case 'ENOTDIR':
      return `cannot write in the folder ${folder}: a part of this path is a file; move it away, or choose another folder`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `cannot write ${file}: the disk is full (${code}); make room`;
    default:
      return `cannot write ${file}: ${message}`;
  }
}
