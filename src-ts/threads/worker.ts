// The file that a browser's worker runs: a module of its own, without imports once it is built.
import { serve } from './serve.js';

declare const self: {
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage(message: unknown): void;
};
self.onmessage = ({ data }) => {
  self.onmessage = null;
  void serve(self, data as never);
};
