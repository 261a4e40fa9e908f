// The page's build, for the development server and for a static folder alike.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const repository = fileURLToPath(new URL('../..', import.meta.url));

// With these two a page's clock ticks in microseconds; without them the times of kernels come in steps of 0.1 ms.
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './', // the folder may be served from anywhere
  worker: { format: 'es' },
  build: { target: 'es2022', emptyOutDir: true, assetsInlineLimit: 0 },
  server: { headers, fs: { allow: [repository] } },
});
