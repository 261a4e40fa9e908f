// `registry.report()`: what frames use, which views are made anew and why, and the capacity to choose, in words.

import type { RegistryStats } from '../registry.js';
import { slowest } from './budget.js';
import type { Block, FrameRecord, Watch } from './watch.js';
import { count, several, size, time } from './words.js';

const PAGE = 65_536; // bytes
const SPARE = 1.25; // what a capacity should be, as a multiple of what was in use
const MOST_KERNELS = 8;
const MOST_LISTED = 4; // blocks that have one reason each

/** `watch` is undefined where nobody has watched so far. */
export function describe(stats: Readonly<RegistryStats>, watch: Watch | undefined): string {
  const lines = [...sizes(stats, watch?.last), capacity(stats)];
  const last = watch?.last;
  if (watch === undefined || last === undefined) {
    const since = watch === undefined ? 'Frames are watched from now on' : 'No whole frame has ended since';
    lines.push(`${since}: ask again after some of them, for the blocks that miss the cache.`);
  } else {
    lines.push(...views(watch, last));
    if (last.kernelCount > 0) {
      const list = slowest(last, MOST_KERNELS).map(
        ({ name, calls, milliseconds }) => `${name} ${time(milliseconds)} in ${several(calls, 'call')}`,
      );
      lines.push(`The frame took ${time(last.end - last.start)}; its kernels: ${list.join(', ')}.`);
    }
  }
  return lines.join('\n');
}

function sizes({ peak, persistent }: Readonly<RegistryStats>, last: FrameRecord | undefined): string[] {
  const most = `persistent: ${size(persistent)}.`;
  if (last === undefined) return [`The largest frame so far used ${size(peak)}; ${most}`];
  const { epoch, bytes, count: blocks } = last;
  return [
    `The last frame (${epoch}) used ${size(bytes)} in ${several(blocks, 'block')}; the largest so far: ${size(peak)}; ${most}`,
  ];
}

function capacity({ capacity, peak, persistent }: Readonly<RegistryStats>): string {
  const used = peak + persistent;
  if (used === 0) return `Of its capacity of ${size(capacity)} nothing was ever used.`;
  const wanted = Math.ceil((used * SPARE) / PAGE) * PAGE;
  const option = `\`capacity: ${String(wanted).replace(/\B(?=(\d{3})+$)/g, '_')}\``;
  const are = `Of its capacity of ${size(capacity)} at most ${size(used)} were in use`;
  if (wanted < capacity / 2) return `${are}: ${size(wanted)} would do (${option}).`;
  if (used > 0.9 * capacity) return `${are}, which leaves little: ${size(wanted)} would leave a quarter (${option}).`;
  return `${are}, which fits.`;
}

function views(watch: Watch, last: FrameRecord): string[] {
  const { frames, framesWithNew, lastNew } = watch;
  const lines: string[] = [];
  if (last.newViews === 0) {
    lines.push(last.count === 1 ? 'Its block came from the cache.' : 'All its blocks came from the cache.');
  }
  if (lastNew === undefined) return lines;
  const were = `${count(last.count - last.newViews)} of ${several(last.count, 'block')} came from the cache`;
  if (lastNew === last) lines.push(`${were}, the others' views are new, which is garbage later:`);
  else
    lines.push(
      `In ${count(framesWithNew)} of ${several(frames, 'frame')} some did not, in frame ${lastNew.epoch} last:`,
    );
  lines.push(...reasons(lastNew, watch.beforeNew).map((line) => `- ${line}`));
  if (lastNew === last && frames > 1) {
    lines.push(`So it was in ${count(framesWithNew)} of the ${several(frames, 'frame')} that were watched.`);
  }
  return lines;
}

/** Why blocks of `frame` had views that were not in the cache. */
export function reasons(frame: FrameRecord, before: FrameRecord | undefined): string[] {
  const list = frame.blocks.slice(0, frame.count);
  const isNew = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => from + i).filter((i) => list[i]?.isNew);
  if (before === undefined) {
    return [`${listed(isNew(0, list.length))}: it was the first frame that was watched.`];
  }
  const past = before.blocks.slice(0, before.count);
  const like = (i: number, k: number) => list[i]?.type === past[k]?.type && list[i]?.length === past[k]?.length;
  const least = Math.min(list.length, past.length);
  let head = 0; // both begin with so many blocks that are alike,
  while (head < least && like(head, head)) head++;
  let tail = 0; // and end with so many
  while (tail < least - head && like(list.length - 1 - tail, past.length - 1 - tail)) tail++;
  const end = list.length - tail;
  const pastEnd = past.length - tail;

  const lines: string[] = [];
  const between = isNew(head, end);
  const isAlike = (i: number) => i < pastEnd && like(i, i);
  const unchanged = [...isNew(0, head), ...between.filter(isAlike), ...isNew(end, list.length)];
  const stays = (i: number) => list[i]?.place === past[i < end ? i : i - end + pastEnd]?.place;
  const again = unchanged.filter(stays);
  if (again.length > 0)
    lines.push(`${listed(again)}: as in the frame before. A view is kept when it comes a second time.`);
  const changed = between.filter((i) => !isAlike(i));
  for (const i of changed.slice(0, MOST_LISTED)) {
    const block = list[i] as Block;
    lines.push(`block ${count(i + 1)} (${words(block)}): ${change(block, i < pastEnd ? past[i] : undefined)}`);
  }
  if (changed.length > MOST_LISTED) lines.push(`${several(changed.length - MOST_LISTED, 'more block')} that changed.`);
  const moved = unchanged.filter((i) => !stays(i));
  if (moved.length > 0) {
    const cause =
      head === end && head === pastEnd
        ? 'kernels or inner frames have left other room before'
        : end > head
          ? `block ${count(head + 1)} has changed`
          : `${several(pastEnd - head, 'block')} before fell away`;
    lines.push(`${listed(moved)}: in another place than in the frame before, since ${cause}.`);
  }
  return lines;
}

function change(block: Block, past: Block | undefined): string {
  if (past === undefined) {
    return 'the frame before had no such block. What not every frame needs is best allocated last: then the others stay in place.';
  }
  if (past.type !== block.type) return `it was ${words(past)} in the frame before.`;
  return `its length has changed (${count(past.length)} in the frame before). Allocate the longest once, and pass parts of it (\`subarray\`).`;
}

const words = ({ type, length }: Block) => `${type}, ${several(length, 'element')}`;

/** `block 3`, `blocks 3, 4 and 2 more` */
function listed(indices: number[]): string {
  if (indices.length === 1) return `block ${(indices[0] as number) + 1}`;
  const first = indices[0] as number;
  const last = indices.at(-1) as number;
  if (last - first === indices.length - 1) return `blocks ${count(first + 1)} to ${count(last + 1)}`;
  const shown = indices.slice(0, MOST_LISTED).map((i) => count(i + 1));
  const rest = indices.length - shown.length;
  return `blocks ${shown.join(', ')}${rest > 0 ? ` and ${count(rest)} more` : ''}`;
}
