import arenaBind from 'arena-bind/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  base: './', // the built folder may be served from anywhere
  // An AudioWorklet can't fetch: the wasm goes into its JavaScript, whatever its size.
  plugins: [arenaBind({ inlineLimit: Infinity })],
});
