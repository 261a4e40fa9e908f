// What the threads of threads-alloc.test.ts do, in Node and in browsers.

/** Waits until all of `count` threads have come here. */
function meet(flags, count) {
  const round = Atomics.load(flags, 1);
  if (Atomics.add(flags, 0, 1) + 1 < count) {
    while (Atomics.load(flags, 1) === round) Atomics.wait(flags, 1, round); // a late notify may be of the last round
  } else {
    Atomics.store(flags, 0, 0);
    Atomics.add(flags, 1, 1);
    Atomics.notify(flags, 1);
  }
}

/**
 * Frame after frame, each of `blocks` blocks by C++ and JavaScript. `changed` counts words that were not what this thread
 * wrote when its frame ended, `left` the bytes in use when no thread was in a frame.
 */
export function takeTurns(registry, processFrame, { thread, threads, frames, blocks, flags }) {
  const ownBlocks = registry.bind('own_blocks');
  const ownStack = registry.bind('own_stack');
  const kept = registry.allocPersistent('u32', 64).fill(thread);
  let changed = 0;
  let left = 0;
  for (let frame = 0; frame < frames; frame++) {
    const owner = ((thread << 24) | frame) >>> 0;
    processFrame(registry, () => {
      const first = registry.u32(10).fill(owner);
      changed += ownBlocks(owner, blocks - 3);
      const last = registry.u32(frame % 50).fill(~owner);
      if (frame % 16 === thread) changed += ownStack(owner, 200);
      for (let i = 0; i < first.length; i++) if (first[i] !== owner) changed++;
      for (let i = 0; i < last.length; i++) if (last[i] !== ~owner >>> 0) changed++;
    });
    if (frame % 50 === 49) {
      meet(flags, threads);
      left += registry.stats.used;
      meet(flags, threads);
    }
  }
  for (let i = 0; i < kept.length; i++) if (kept[i] !== thread) changed++;
  return { changed, left, allocations: registry.stats.allocations };
}
