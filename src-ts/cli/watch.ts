// Builds again when a file changes, until the process is told to end.
import { dirname, resolve } from 'node:path';
import { BuildError, type Built, watchFiles } from '../driver/index.js';
import { messageOf } from './messages.js';

/** Errors of a build are printed, and the next change gets its chance. */
export async function watch(
  build: (stop: AbortSignal) => Promise<Built>,
  sources: readonly string[],
  include: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  let current = new AbortController();
  let known: readonly string[] = [];
  const watcher = watchFiles((files) => {
    current.abort(files);
    void again();
  });
  const ended = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      current.abort();
      resolve();
    });
  });
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });

  async function again(): Promise<void> {
    current = new AbortController();
    const mine = current;
    const since = Date.now();
    let more: readonly string[] = [];
    try {
      known = (await build(mine.signal)).dependencies;
    } catch (error) {
      if (mine.signal.aborted) return;
      if (!(error instanceof BuildError)) return fail(error);
      console.error(messageOf(error));
      more = error.diagnostics.flatMap(({ file, message }) => [
        ...(file ? [file] : []),
        ...missing(message, file, include),
      ]);
    }
    const files = new Set([...sources, ...known, ...more].map((file) => resolve(file)));
    watcher.set(files, since);
    console.error(`watching ${files.size} file${files.size === 1 ? '' : 's'}`);
  }

  try {
    await again();
    await Promise.race([ended, failed]);
  } finally {
    watcher.close();
  }
  return 0;
}

// Where a header that wasn't found may turn up.
function missing(message: string, file: string | undefined, include: readonly string[]): string[] {
  const [, name] = /^'(.+)' file not found/.exec(message) ?? [];
  if (name === undefined) return [];
  return [...(file ? [dirname(file)] : []), ...include].map((folder) => resolve(folder, name));
}
