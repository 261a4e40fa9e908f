import arenaBind from 'arena-bind/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  base: './', // the built folder may be served from anywhere
  plugins: [arenaBind({ threads: true })], // sends the headers that shared memory takes
  worker: { format: 'es' },
});
