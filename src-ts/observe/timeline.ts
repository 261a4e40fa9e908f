// `Registry.create({ timeline: true })`: each frame and each kernel call as an entry of the performance timeline. Chrome's
// DevTools draw entries with such a `detail` on tracks of their own; elsewhere they are measures like any others.

import type { Registry } from '../registry.js';
import type { KernelInfo } from '../signature.js';
import { slowest } from './budget.js';
import type { Listener } from './watch.js';
import { count, several, size, time } from './words.js';

const GROUP = 'arena-bind';
const MOST_KERNELS = 8; // of a frame's entry
// Milliseconds. Clocks are coarse, and DevTools don't draw what begins and ends at once, which has no beginning in a trace.
const LEAST = 0.002;

/** Throws ERR_INVALID_OPTION, which `badOption` makes. */
export function checkTimeline(
  timeline: unknown,
  badOption: (message: string) => Error,
  show: (value: unknown) => string,
): boolean {
  if (typeof timeline !== 'boolean') throw badOption(`timeline is ${show(timeline)}: expected true or false`);
  if (timeline && typeof globalThis.performance?.measure !== 'function') {
    throw badOption('timeline: true needs performance.measure, which this host lacks: leave it out here');
  }
  return timeline;
}

/** `part` is what a part of a registry is called. */
export function watchTimeline(registry: Registry<any, any>, part: string): Listener {
  const { infos } = registry as unknown as { infos: ReadonlyMap<string, KernelInfo> };
  return {
    frameEnded(frame) {
      const { epoch, bytes, count: blocks, newViews, start, end } = frame;
      const kernels = slowest(frame, MOST_KERNELS).map(({ name, calls, milliseconds }): [string, string] => [
        name,
        `${several(calls, 'call')}, ${time(milliseconds)}`,
      ]);
      const cost = `${size(bytes)} in ${several(blocks, 'block')}`;
      enter(`frame ${epoch}${part}`, 'frames', start, end, newViews > 0 ? 'primary-dark' : 'primary', cost, [
        ['bytes', count(bytes)],
        ['blocks', count(blocks)],
        ['new views', count(newViews)],
        ...kernels,
      ]);
    },
    called(name, args, start, end, failed) {
      const parameters = infos.get(name)?.parameters ?? [];
      const texts = args.map((value, i): [string, string] => [parameters[i]?.name ?? `argument ${i}`, lengthOf(value)]);
      const call = `${name}(${texts.map(([, text]) => text).join('; ')})${failed ? ' threw' : ''}`;
      enter(name, 'kernels', start, end, failed ? 'error' : 'secondary', call, texts);
    },
  };
}

function enter(
  what: string,
  track: string,
  start: number,
  end: number,
  color: string,
  tooltipText: string,
  properties: [string, string][],
): void {
  // The suffix is for clearMeasures, which takes all entries of a name: none of the program's own.
  const name = `${what} (${GROUP})`;
  const devtools = { dataType: 'track-entry', track, trackGroup: GROUP, color, tooltipText, properties };
  performance.measure(name, { start, end: Math.max(end, start + LEAST), detail: { devtools } });
  // Who records or observes has it already; the buffer behind getEntries would grow for ever.
  performance.clearMeasures(name);
}

function lengthOf(value: any): string {
  if (typeof value !== 'object' || value === null) return String(value);
  // Columns are an object of views of one length.
  const { length } = 'length' in value ? value : ((Object.values(value)[0] ?? []) as any);
  const name = ArrayBuffer.isView(value) ? `${value.constructor.name}, ` : '';
  return `${name}${several(length, 'element')}`;
}
