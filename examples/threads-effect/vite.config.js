import arenaBind from 'arena-bind/vite';
import { defineConfig } from 'vite';

// Without these two, which a page's own server has to send as well, browsers share no memory: the page then has one thread.
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  base: './', // the built folder may be served from anywhere
  plugins: [arenaBind({ threads: true })],
  server: { headers },
  preview: { headers },
});
