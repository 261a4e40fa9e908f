// What a served page's headers and files let a browser do.
import { headerAdvice } from '../../threads/headers.js';
import type { Finding } from './finding.js';

const TIMEOUT = 10_000; // milliseconds

export async function checkPage(address: string): Promise<Finding[]> {
  const page = await get(address);
  if ('level' in page) return [page];
  const html = page.type.startsWith('text/html') ? page.text : '';
  const scripts = await scriptsOf(page, html);
  const findings = [
    { level: 'ok' as const, about: 'page', says: `${page.url} answers ${page.status}` },
    checkPolicy(page.headers, html),
    checkIsolation(page.headers, scripts),
    ...checkContext(page.url),
  ];
  const modules = isWasm(page) ? [page.url] : wasmOf([page, ...scripts]);
  return [...findings, ...(await Promise.all(modules.map(checkWasm)))];
}

interface Answer {
  url: string;
  status: number;
  type: string;
  headers: Headers;
  bytes: Uint8Array;
  text: string;
}

async function get(address: string): Promise<Answer | Finding> {
  const bad = (says: string, fix: string): Finding => ({ level: 'bad', about: 'page', says, fix });
  if (!/^https?:/.test(address) || !URL.canParse(address)) {
    return bad(`${address} is no address`, 'name one such as http://localhost:5173');
  }
  try {
    const response = await fetch(address, {
      signal: AbortSignal.timeout(TIMEOUT),
      headers: { accept: 'text/html,*/*' },
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const { url, status, headers } = response;
    if (!response.ok) return bad(`${url} answers ${status}`, 'check the address');
    return {
      url,
      status,
      type: headers.get('content-type') ?? '',
      headers,
      bytes,
      text: new TextDecoder().decode(bytes),
    };
  } catch (error) {
    const { message, cause } = error as { message: string; cause?: NodeJS.ErrnoException };
    const reason = cause?.code ?? cause?.message ?? message;
    return bad(`${address} does not answer: ${reason}`, 'start its server, or check the address');
  }
}

/** Every policy has to allow it: each header, each of several in one, and each <meta>. */
function checkPolicy(headers: Headers, html: string): Finding {
  const metas = [...html.matchAll(/<meta\b[^>]*>/gi)]
    .map(([tag]) => tag)
    .filter((tag) => /http-equiv\s*=\s*(["']?)content-security-policy\1/i.test(tag));
  const inPage = metas.flatMap(
    (tag) =>
      /\bcontent\s*=\s*(?:"([^"]*)"|'([^']*)')/i
        .exec(tag)
        ?.slice(1)
        .find((text) => text !== undefined) ?? [],
  );
  const policies = [...(headers.get('content-security-policy')?.split(',') ?? []), ...inPage];
  const about = 'Content-Security-Policy';
  for (const policy of policies) {
    const directives = new Map(
      policy.split(';').map((part) => {
        const [name = '', ...sources] = part.trim().split(/\s+/);
        return [name.toLowerCase(), sources] as const;
      }),
    );
    const sources = directives.get('script-src') ?? directives.get('default-src');
    if (sources && !sources.some((source) => /^'(wasm-unsafe-eval|unsafe-eval)'$/i.test(source))) {
      const says = `${directives.has('script-src') ? 'script-src' : 'default-src'} is ${sources.join(' ') || "'none'"}, which stops WebAssembly`;
      return { level: 'bad', about, says, fix: "add 'wasm-unsafe-eval' to script-src" };
    }
  }
  return { level: 'ok', about, says: policies.length > 0 ? 'allows WebAssembly' : 'none' };
}

const embedderOf = (headers: Headers): string | null => headers.get('cross-origin-embedder-policy');
const isolates = (embedder: string | null): boolean => embedder === 'require-corp' || embedder === 'credentialless';

function checkIsolation(headers: Headers, scripts: readonly Answer[]): Finding {
  const about = 'shared memory';
  const opener = headers.get('cross-origin-opener-policy');
  const embedder = embedderOf(headers);
  if (opener === 'same-origin' && isolates(embedder)) {
    // An isolated page takes no worker without the header.
    const bare = scripts.find((script) => !isolates(embedderOf(script.headers)));
    if (bare === undefined) return { level: 'ok', about, says: 'the page is isolated' };
    const path = new URL(bare.url).pathname;
    const says = `the page is isolated, but ${path} comes without Cross-Origin-Embedder-Policy: workers must have it`;
    return { level: 'note', about, says, fix: headerAdvice };
  }
  const says = `the page is not isolated (COOP ${opener ?? 'none'}, COEP ${embedder ?? 'none'}), which stops threads`;
  return { level: 'note', about, says, fix: headerAdvice };
}

function checkContext(address: string): Finding[] {
  const { protocol, hostname } = new URL(address);
  if (protocol === 'https:' || /^(localhost|.*\.localhost|127\..*|\[::1\])$/.test(hostname)) return [];
  const says = 'http: is no secure context but on localhost, which stops AudioWorklets and shared memory';
  return [{ level: 'note', about: 'page', says, fix: 'serve it by https:' }];
}

const isWasm = ({ url, type }: Answer) => /\.wasm$/.test(new URL(url).pathname) || type.startsWith('application/wasm');

/** The scripts of its own origin that the page names. */
async function scriptsOf(page: Answer, html: string): Promise<Answer[]> {
  const scripts = [...html.matchAll(/\b(?:src|href)\s*=\s*["']([^"']+\.m?js(?:\?[^"']*)?)["']/g)].flatMap(
    ([, path = '']) => addressOf(path, page.url),
  );
  const own = scripts.filter((address) => new URL(address).origin === new URL(page.url).origin);
  const answers = await Promise.all([...new Set(own)].map(get));
  return answers.flatMap((answer) => ('level' in answer ? [] : [answer]));
}

/** Addresses of .wasm files that texts name. */
function wasmOf(texts: readonly Answer[]): string[] {
  const found = texts.flatMap(({ url, text }) =>
    [...text.matchAll(/["'`]([^"'`\s]+\.wasm)(?:\?[^"'`]*)?["'`]/g)].flatMap(([, path = '']) => addressOf(path, url)),
  );
  return [...new Set(found)];
}

/** None for what only the running script knows: a template, or a string with escapes. */
const addressOf = (path: string, base: string): string[] =>
  /\$\{|\\/.test(path) || !URL.canParse(path, base) ? [] : [new URL(path, base).href];

async function checkWasm(address: string): Promise<Finding> {
  const about = new URL(address).pathname;
  const answer = await get(address);
  if ('level' in answer) return { ...answer, about };
  const { bytes, type } = answer;
  if (bytes[0] !== 0 || bytes[1] !== 0x61) {
    const says = `is no wasm but ${type || 'of no type'}: many servers send their page where a file is missing`;
    return { level: 'bad', about, says, fix: 'copy the .wasm to where its JavaScript looks for it' };
  }
  return { level: 'ok', about, says: `${bytes.length.toLocaleString('en')} bytes` };
}
