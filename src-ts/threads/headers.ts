// The headers without which a page gets no shared memory, and how each server is told to send them.

export const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
} as const;

/** For the end of a message; the lines are those of docs/threads.md. */
export const headerAdvice = `Send two headers with the page and all its scripts.
Vite, in vite.config.js:
  const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
  export default { server: { headers }, preview: { headers } };
webpack-dev-server, in webpack.config.js:
  const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
  export default { devServer: { headers } };
nginx, in server { ... }:
  add_header Cross-Origin-Opener-Policy same-origin always;
  add_header Cross-Origin-Embedder-Policy require-corp always;
Netlify and Cloudflare Pages, in _headers:
  /*
    Cross-Origin-Opener-Policy: same-origin
    Cross-Origin-Embedder-Policy: require-corp
Vercel, in vercel.json:
  { "headers": [{ "source": "/(.*)", "headers": [
    { "key": "Cross-Origin-Opener-Policy", "value": "same-origin" },
    { "key": "Cross-Origin-Embedder-Policy", "value": "require-corp" }] }] }
More stands in docs/threads.md of the package.`;
