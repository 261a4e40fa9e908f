// Work that several callers ask for at the same time is done once; it is given up when all of them have given up.

interface Running<T> {
  result: Promise<T>;
  waiting: number;
  stop: AbortController;
}

export class Shared<T> {
  #running = new Map<string, Running<T>>();

  /** `joined` says that another caller's work was under way. */
  async run(
    key: string,
    signal: AbortSignal | undefined,
    work: (stop: AbortSignal) => Promise<T>,
  ): Promise<{ result: T; joined: boolean }> {
    signal?.throwIfAborted();
    let running = this.#running.get(key);
    const joined = running !== undefined;
    if (!running) {
      const stop = new AbortController();
      running = { result: work(stop.signal), waiting: 0, stop };
      this.#running.set(key, running);
      const forget = () => this.#forget(key, running as Running<T>);
      running.result.then(forget, forget);
    }
    const mine = running;
    mine.waiting++;
    let leave: (() => void) | undefined;
    const given = new Promise<never>((_, reject) => {
      leave = () => reject(signal?.reason);
      signal?.addEventListener('abort', leave, { once: true });
    });
    try {
      return { result: await Promise.race([mine.result, given]), joined };
    } finally {
      if (leave) signal?.removeEventListener('abort', leave);
      if (--mine.waiting === 0 && signal?.aborted) {
        this.#forget(key, mine); // who comes now starts anew
        mine.stop.abort(signal.reason);
      }
    }
  }

  #forget(key: string, running: Running<T>): void {
    if (this.#running.get(key) === running) this.#running.delete(key);
  }
}
