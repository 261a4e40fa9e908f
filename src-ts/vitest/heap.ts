// What the engine lets a test see of its heap.

/** What a piece of work left on the heap. */
export interface Growth {
  /** Allocated while it ran, collected or not; in Node some 300 of them by the measurement itself. */
  bytes: number;
  /** Undefined where they can't be seen. */
  collections: number | undefined;
}

/** A function that `leaves` the most of what is allocated. */
export interface Site {
  /** Empty when it has none. */
  name: string;
  url: string;
  /** From 1, of the code as the engine runs it. */
  line: number;
  column: number;
  /** By sampling. */
  bytes: number;
}

export interface Heap {
  /** `attempt`: 0 the first time, and more as often as it was not clean: the longer the engine may compile before it. */
  measure(work: () => void, attempt?: number): Growth;
  /** Who allocates while `work` runs, most first; empty where it can't be seen. */
  sites(work: () => void): Site[];
}

interface HeapStatistics {
  heapStatistics: { usedHeapSize: number };
}
interface NodeProcess {
  getBuiltinModule?(name: string): any;
  memoryUsage(): { heapUsed: number };
}
type CallFrame = { functionName: string; url: string; lineNumber: number; columnNumber: number };
type ProfileNode = { callFrame: CallFrame; selfSize: number; children: ProfileNode[] };

let opened: Heap | undefined | null = null;

/** The heap of this thread; undefined where nothing of it can be seen. */
export function openHeap(): Heap | undefined {
  if (opened === null) opened = nodeHeap() ?? chromiumHeap();
  return opened;
}

const PAUSE = 2; // milliseconds, in which the engine's threads may finish what they compile: twice as long each time
const MOST_PAUSE = 128; // as on a machine that has other things to do

function nodeHeap(): Heap | undefined {
  const { process } = globalThis as { process?: NodeProcess };
  const v8 = process?.getBuiltinModule?.('node:v8');
  if (process === undefined || v8?.GCProfiler === undefined) return undefined;
  const collect = nodeCollector(process, v8);
  const pause = new Int32Array(new SharedArrayBuffer(4));

  const measure = (work: () => void, attempt = 0): Growth => {
    const profiler = new v8.GCProfiler();
    Atomics.wait(pause, 0, 0, Math.min(PAUSE << attempt, MOST_PAUSE));
    collect(); // so that a collection that was due anyway doesn't fall into the work
    profiler.start();
    let level = process.memoryUsage().heapUsed;
    work();
    const end = process.memoryUsage().heapUsed;
    const collections: { beforeGC: HeapStatistics; afterGC: HeapStatistics }[] = profiler.stop()?.statistics ?? [];
    let bytes = 0;
    for (const { beforeGC, afterGC } of collections) {
      bytes += beforeGC.heapStatistics.usedHeapSize - level;
      level = afterGC.heapStatistics.usedHeapSize;
    }
    return { bytes: bytes + end - level, collections: collections.length };
  };

  const sites = (work: () => void): Site[] => {
    const { Session } = process.getBuiltinModule?.('node:inspector') ?? {};
    if (Session === undefined) return [];
    const session = new Session();
    session.connect();
    try {
      session.post('HeapProfiler.startSampling', {
        samplingInterval: 256,
        includeObjectsCollectedByMajorGC: true,
        includeObjectsCollectedByMinorGC: true,
      });
      work();
      let head: ProfileNode | undefined;
      session.post('HeapProfiler.stopSampling', (_: unknown, result?: { profile: { head: ProfileNode } }) => {
        head = result?.profile.head;
      });
      return head === undefined ? [] : listSites(head);
    } finally {
      session.disconnect();
    }
  };
  return { measure, sites };
}

// Known to no global: only this file collects.
function nodeCollector(process: NodeProcess, v8: any): () => void {
  try {
    v8.setFlagsFromString('--expose-gc');
    const collect = process.getBuiltinModule?.('node:vm').runInNewContext('gc');
    v8.setFlagsFromString('--no-expose-gc');
    return collect;
  } catch {
    return () => {}; // an embedder that has frozen the flags
  }
}

function listSites(head: ProfileNode): Site[] {
  const found = new Map<string, Site>();
  const visit = ({ callFrame, selfSize, children }: ProfileNode, caller: CallFrame | undefined) => {
    // What the engine's own functions allocate is counted to the caller.
    const frame = callFrame.url === '' || callFrame.url.startsWith('node:') ? caller : callFrame;
    if (selfSize > 0 && frame !== undefined) {
      const { functionName, url, lineNumber, columnNumber } = frame;
      const key = `${url}:${lineNumber}:${columnNumber}`;
      const site = found.get(key);
      if (site) site.bytes += selfSize;
      else found.set(key, { name: functionName, url, line: lineNumber + 1, column: columnNumber + 1, bytes: selfSize });
    }
    for (const child of children) visit(child, frame);
  };
  visit(head, undefined);
  return [...found.values()].sort((a, b) => b.bytes - a.bytes);
}

const PROBE = 100_000;
const PRECISE = 50; // milliseconds for which Chromium gives the same value again

function chromiumHeap(): Heap | undefined {
  const { memory } = performance as { memory?: { usedJSHeapSize: number } };
  if (memory === undefined) return undefined;
  const used = (): number => {
    const start = performance.now();
    while (performance.now() - start <= PRECISE + 5);
    return (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize;
  };
  const measure = (work: () => void): Growth => {
    (globalThis as { gc?: () => void }).gc?.();
    const start = used();
    work();
    return { bytes: Math.abs(used() - start), collections: undefined }; // less than before: something was collected
  };
  // Without the flag the value is rounded and minutes old.
  let probe: unknown[] = [];
  const { bytes } = measure(() => {
    probe = Array.from({ length: PROBE }, (_, i) => i);
  });
  if (probe.length !== PROBE || bytes < PROBE || bytes > 64 * PROBE) return undefined;
  return { measure, sites: () => [] };
}
