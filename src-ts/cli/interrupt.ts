// Ctrl-C and its like: work gives up and cleans up behind itself, then the process ends as a shell expects.
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs `work` with a signal that aborts when the process is told to end. */
export async function interruptible(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const stop = new AbortController();
  let told: (typeof SIGNALS)[number] | undefined;
  const handlers = SIGNALS.map((name) => {
    const handler = () => {
      if (told) process.exit(128 + constants.signals[name]); // told twice: at once
      told = name;
      stop.abort();
    };
    process.on(name, handler);
    return [name, handler] as const;
  });
  try {
    return await work(stop.signal);
  } catch (error) {
    if (told) return 128 + constants.signals[told];
    throw error;
  } finally {
    for (const [name, handler] of handlers) process.off(name, handler);
  }
}
