// The same for worker_threads.
import { parentPort } from 'node:worker_threads';
import { serve } from './serve.js';

parentPort?.once('message', (start) => void serve(parentPort as never, start));
