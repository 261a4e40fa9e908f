// A thread of threads-alloc.test.ts.
import { processFrame, Registry } from '../../src-ts/threads/index.ts';
import { takeTurns } from '../threads/turns.mjs';

self.onmessage = ({ data: { handle, ...given } }) => {
  self.postMessage(takeTurns(Registry.attach(handle), processFrame, given));
};
