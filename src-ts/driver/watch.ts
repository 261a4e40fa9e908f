// Tells when files change. Folders are watched rather than files: editors put a new file in the place of the old one.
import { type FSWatcher, type Stats, statSync, watch } from 'node:fs';
import { dirname, resolve } from 'node:path';

export interface FileWatcher {
  /**
   * From now on these files count, which may also be missing. One that was not among the last ones has changed if it did
   * so after `since`, the time (of Date.now) when whoever calls began to read it.
   */
  set(files: Iterable<string>, since?: number): void;
  close(): void;
}

/** Milliseconds of silence after which a change counts as complete. */
const QUIET = 50;
/** Milliseconds from one look to the next where the system can't watch: too many folders, or some network drives. */
const POLL = 1000;

/** Calls `changed` with the files, absolute, that were written, made, replaced or removed; not within `set`. */
export function watchFiles(changed: (files: string[]) => void): FileWatcher {
  const states = new Map<string, string>();
  const folders = new Map<string, { watcher: FSWatcher; identity: string }>();
  let timer: NodeJS.Timeout | undefined;
  let poll: NodeJS.Timeout | undefined;
  let closed = false;

  const stir = () => {
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(look, QUIET);
  };

  function look(): void {
    const news: string[] = [];
    for (const [file, state] of states) {
      const now = stateOf(file);
      if (now === state) continue;
      states.set(file, now);
      news.push(file);
    }
    watchFolders(); // some may have come, gone, or been replaced
    if (news.length > 0) changed(news);
  }

  function watchFolders(): void {
    const wanted = new Set([...states.keys()].map((file) => nearest(dirname(file))));
    for (const [folder, { watcher, identity }] of folders) {
      if (wanted.has(folder) && identityOf(folder) === identity) continue;
      watcher.close();
      folders.delete(folder);
    }
    for (const folder of wanted) {
      if (folders.has(folder)) continue;
      try {
        const identity = identityOf(folder);
        const watcher = watch(folder, stir);
        watcher.on('error', () => {
          watcher.close();
          if (folders.get(folder)?.watcher === watcher) folders.delete(folder);
          stir();
        });
        folders.set(folder, { watcher, identity });
      } catch {
        poll ??= setInterval(look, POLL);
      }
    }
  }

  return {
    set(files, since = Infinity) {
      if (closed) return;
      const paths = new Set(Array.from(files, (file) => resolve(file)));
      for (const file of states.keys()) if (!paths.has(file)) states.delete(file);
      for (const file of paths) {
        if (states.has(file)) continue;
        const late = (entryOf(file)?.mtimeMs ?? 0) > since;
        states.set(file, late ? 'unread' : stateOf(file));
        if (late) stir();
      }
      watchFolders();
    },
    close() {
      closed = true;
      clearTimeout(timer);
      clearInterval(poll);
      for (const { watcher } of folders.values()) watcher.close();
      folders.clear();
    },
  };
}

function entryOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function stateOf(file: string): string {
  const entry = entryOf(file);
  return entry ? `${entry.size} ${entry.mtimeMs} ${entry.ino}` : 'none';
}

// A folder that was removed and made again is another one, which the old watch says nothing of.
function identityOf(folder: string): string {
  const entry = entryOf(folder);
  return entry ? `${entry.ino} ${entry.birthtimeMs}` : 'none';
}

/** The folder, or the nearest around it that exists. */
function nearest(folder: string): string {
  return entryOf(folder)?.isDirectory() || folder === dirname(folder) ? folder : nearest(dirname(folder));
}
