// What docs/threads.md shows, in a user's project: its C++, its script that ends by itself, its suite for Vitest.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { evaluate, inProject, installed, node, tool, write } from './project.js';

const page = readFileSync(installed('docs/threads.md'), 'utf8');
const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, , text = '']) => text);

/** The block of the page that begins with this name. */
function block(name: string): string {
  const found = blocks.filter((text) => text.startsWith(`// ${name}`));
  expect(found, name).toHaveLength(1);
  return found[0] as string;
}

describe('the C++ of the page', () => {
  beforeAll(async () => {
    const source = write('threads/work.cpp', block('work.cpp'));
    const { code, output } = await node(
      installed('dist/tools/cli.js'),
      'build',
      source,
      '--threads',
      '-o',
      'out/work.mjs',
    );
    expect(output).not.toMatch(/warning|error/);
    expect(code).toBe(0);
  });

  it('gives the same with one thread and with more', async () => {
    const results = await evaluate<{ normalized: string; sorted: string; primes: number; factor: number }[]>(
      'threads/same.mjs',
      `import { createHash } from 'node:crypto';
      import { Registry } from 'arena-bind';
      import work from '../out/work.mjs';
      const hash = (view) => createHash('sha256').update(view.slice()).digest('hex');
      const random = (length) => Float32Array.from({ length }, (_, i) => ((i * 7919) % 100003) / 100003 - 0.4);
      const results = [];
      for (const threads of [1, 2, 4]) {
        const registry = await Registry.create({ module: work, threads });
        const samples = registry.f32(random(300_000));
        const factor = registry.bind('normalize')(samples, 1);
        const values = registry.f32(random(200_000));
        registry.bind('sort')(values);
        if (values.some((value, i) => i > 0 && value < values[i - 1])) throw new Error('not sorted');
        const progress = [];
        const onProgress = (done) => progress.push(done);
        const primes = await registry.run({ kernel: 'count_primes', onProgress }, 200_000);
        if (progress.some((done) => done < 0 || done > 1)) throw new Error('progress: ' + progress);
        results.push({ normalized: hash(samples), sorted: hash(values), primes, factor });
      }
      console.log(JSON.stringify(results));`,
    );
    expect(results[0]).toMatchObject({ primes: 17984 });
    expect(results[0]?.factor).toBeCloseTo(1 / 0.6, 3);
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  it('stops soon after its signal is aborted, and the worker takes the next one', async () => {
    const results = await evaluate(
      'threads/abort.mjs',
      `import { Registry } from 'arena-bind';
      import work from '../out/work.mjs';
      const registry = await Registry.create({ module: work, threads: 2 });
      const abort = new AbortController();
      const onProgress = () => abort.abort(new Error('enough'));
      const slow = registry.run({ kernel: 'count_primes', signal: abort.signal, onProgress }, 4_000_000_000);
      const reason = await slow.catch(({ message }) => message);
      console.log(JSON.stringify([reason, await registry.run('count_primes', 100)]));`,
    );
    expect(results).toEqual(['enough', 25]);
  });
});

const toolbox = (path: string) => fileURLToPath(new URL(`../toolbox/node_modules/${path}`, import.meta.url));
const engines: [string, ...string[]][] = [['Node', process.execPath]];
// Their npm packages hold the program itself, for this kind of machine.
if (process.platform === 'linux' && process.arch === 'x64') {
  engines.push(['Bun', toolbox('@oven/bun-linux-x64/bin/bun')]);
  engines.push(['Deno', toolbox('@deno/linux-x64-glibc/deno'), 'run', '--allow-all']);
}

it.each(engines)(
  'a script of 1,000 parallel frames ends within a second after its last line: %s',
  async (_, ...command) => {
    const script = write('threads/frames.mjs', block('frames.mjs'));
    const [program = '', ...args] = command;
    const child = spawn(program, [...args, script], { cwd: inject('project'), stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    let last = 0;
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
      last = performance.now();
    });
    const [code] = await once(child, 'close');
    expect(performance.now() - last).toBeLessThan(1000);
    expect(output).toMatch(/^1000 frames by \d+ threads?\n$/);
    expect(code).toBe(0);
  },
);

describe('a suite for Vitest that uses threads', () => {
  const link = inProject('node_modules/vitest'); // which arena-bind/vitest finds beside itself
  beforeAll(() => {
    if (!existsSync(link)) symlinkSync(tool('vitest'), link, 'junction');
    write('vitest.config.mjs', 'export default {};'); // so that no other is looked for
    write('threads/threads.test.js', block('threads.test.js'));
    write(
      'threads/kept.test.js',
      `import { Registry } from 'arena-bind';
      import { expect, it } from 'vitest';
      const registry = await Registry.create({ threads: 2 }); // and nobody disposes of it
      it.each([1, 2, 3])('runs %i', async (value) => {
        const view = registry.f32(4).fill(value);
        expect(await registry.run('sum', view)).toBe(4 * value);
      });`,
    );
  });
  afterAll(() => rmSync(link));

  it.each(['forks', 'threads'])('ends, in the pool %s', async (pool) => {
    const options = [`--root=${inject('project')}`, `--pool=${pool}`];
    const { code, output } = await node(tool('vitest/vitest.mjs'), 'run', ...options, 'threads/');
    expect(output).toMatch(/Tests +4 passed/);
    expect(output).not.toMatch(/close timed out|did not terminate|hanging|Unhandled/i);
    expect(code).toBe(0);
  });
});
