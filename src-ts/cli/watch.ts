// Builds again when a file changes, until the process is told to end.
import { BuildError, type Built, OptionError, suspectsOf, watchFiles } from '../driver/index.js';
import { messageOf } from './messages.js';

/** Errors of a build are printed, and the next change gets its chance. Paths are absolute. */
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
      if (!(error instanceof BuildError) || error instanceof OptionError) return fail(error);
      console.error(messageOf(error));
      more = await suspectsOf(error, sources, include);
    }
    const files = new Set([...sources, ...known, ...more]);
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
