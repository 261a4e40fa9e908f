// Results by what they were made from. An entry is one file, written beside its place and moved there, so that builds at
// the same time don't disturb each other; one that is damaged counts as missing.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** What is kept beside the bytes; JSON. */
export type Facts = Record<string, unknown>;

export interface Entry<T extends Facts> {
  facts: T;
  bytes: Uint8Array;
}

const VERSION = 'v1';
const MAGIC = 'arena-bind cache 1\n';
const HASH_BYTES = 32;
const DAYS_KEPT = 30;

export function sha256(...parts: (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  // With the length before each, so that no two lists of parts run together into the same.
  for (const part of parts) hash.update(`${part.length}\n`).update(part);
  return hash.digest('hex');
}

/** The folder that builds from `cwd` share: in the nearest node_modules, or else the user's own. */
export function defaultFolder(cwd: string): string {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'node_modules')) || existsSync(join(folder, 'package.json'))) {
      return join(folder, 'node_modules', '.cache', 'arena-bind');
    }
    if (folder === dirname(folder)) break;
  }
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'arena-bind');
}

export class Cache {
  #folder: string | undefined;
  #swept = false;

  /** Of nothing, without a folder. */
  constructor(folder: string | undefined) {
    this.#folder = folder && join(folder, VERSION);
  }

  async get<T extends Facts>(key: string): Promise<Entry<T> | undefined> {
    if (!this.#folder) return undefined;
    const file = join(this.#folder, key);
    try {
      const content = await readFile(file);
      const entry = decode<T>(content);
      const now = new Date();
      await utimes(file, now, now).catch(() => {}); // used entries stay
      return entry;
    } catch {
      return undefined;
    }
  }

  /** A cache that can't be written is none: that is no reason to fail. */
  async put<T extends Facts>(key: string, entry: Entry<T>): Promise<void> {
    if (!this.#folder) return;
    const temporary = join(this.#folder, `${randomUUID()}.new`);
    try {
      await mkdir(this.#folder, { recursive: true });
      await writeFile(temporary, encode(entry));
      await rename(temporary, join(this.#folder, key));
    } catch {
      await rm(temporary, { force: true }).catch(() => {});
      return;
    }
    if (!this.#swept) {
      this.#swept = true;
      await sweep(this.#folder).catch(() => {});
    }
  }
}

async function sweep(folder: string): Promise<void> {
  const limit = Date.now() - DAYS_KEPT * 24 * 60 * 60 * 1000;
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    if ((await stat(file)).mtimeMs < limit) await rm(file, { force: true });
  }
}

function encode({ facts, bytes }: Entry<Facts>): Uint8Array {
  const head = Buffer.from(`${MAGIC}${JSON.stringify(facts)}\n`);
  const content = Buffer.concat([head, bytes]);
  return Buffer.concat([createHash('sha256').update(content).digest(), content]);
}

function decode<T extends Facts>(file: Buffer): Entry<T> | undefined {
  const content = file.subarray(HASH_BYTES);
  if (!createHash('sha256').update(content).digest().equals(file.subarray(0, HASH_BYTES))) return undefined;
  if (content.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
  const end = content.indexOf(10, MAGIC.length);
  const facts = JSON.parse(content.toString('utf8', MAGIC.length, end));
  return { facts, bytes: new Uint8Array(content.subarray(end + 1)) };
}
