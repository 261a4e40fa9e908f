// The other thread of tables/threads.mjs: one that is attached to a registry and allocates as often as it is told, or plain
// JavaScript that works on what is posted to it and posts it back.
import { parentPort, workerData } from 'node:worker_threads';
import { allocate, luma } from './threads.work.mjs';

const { handle, gate } = workerData;
if (handle) {
  const { Registry } = await import('arena-bind/attach');
  const registry = Registry.attach(handle);
  for (;;) {
    Atomics.wait(gate, 0, 0);
    allocate(registry, Atomics.exchange(gate, 0, 0));
    Atomics.store(gate, 1, 1);
  }
} else {
  parentPort.on('message', ({ rgba, out }) => {
    if (rgba) {
      luma(rgba, out);
      parentPort.postMessage({ rgba, out }, [rgba.buffer, out.buffer]);
    } else parentPort.postMessage(null);
  });
}
