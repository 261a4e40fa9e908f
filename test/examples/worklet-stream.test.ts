// A worker, a worklet and the page with rings between them, in real time: nothing comes too late, nothing is wrong, and
// nothing is collected in the worklet. With --all it plays for a minute.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ISOLATION } from '../../src-ts/threads/headers.js';
import { ALL } from '../extent.js';
import { Example, Site } from './example.js';

const SECONDS = ALL ? 60 : 6;

const example = new Example('worklet-stream');
let site: Site;

beforeAll(async () => {
  expect(await example.succeed('build')).not.toMatch(/warning/i);
  const flags = ['--autoplay-policy=no-user-gesture-required', '--js-flags=--expose-gc'];
  site = await Site.openWith(ISOLATION, example.path('dist'), ...flags);
  // So that a script can be run in the worklet's scope, next to the example's.
  await site.page.addInitScript(() => {
    const { addModule } = Worklet.prototype;
    Worklet.prototype.addModule = function (url) {
      const place = globalThis as { inWorklet?: (script: string) => Promise<void> };
      place.inWorklet = (script) => addModule.call(this, `data:text/javascript,${encodeURIComponent(script)}`);
      return addModule.call(this, url);
    };
  });
  await site.page.reload();
});
afterAll(() => site?.close());

const poll = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 30_000, interval: 50 });

interface Event {
  name: string;
  pid: number;
  tid: number;
  args: { name?: string };
}

/** Runs a script in the worklet, of which a second one of the same text is not run. */
const inWorklet = (script: string) =>
  site.page.evaluate(
    (text) => (globalThis as unknown as { inWorklet(text: string): Promise<void> }).inWorklet(text),
    script,
  );

/** How often a collector has run in the worklet meanwhile. */
async function collectionsWhile(action: () => Promise<void>): Promise<number> {
  const categories = ['__metadata', 'v8', 'devtools.timeline'];
  await site.browser.startTracing(site.page, { categories });
  await action();
  const { traceEvents } = JSON.parse(String(await site.browser.stopTracing())) as { traceEvents: Event[] };
  const threads = traceEvents.filter(
    ({ name, args }) => name === 'thread_name' && /AudioWorklet/.test(args.name as string),
  );
  expect(threads.map(({ args }) => args.name)).not.toEqual([]);
  const isThere = ({ pid, tid }: Event) => threads.some((thread) => thread.pid === pid && thread.tid === tid);
  return traceEvents.filter((event) => /^(Minor|Major)GC$/.test(event.name) && isThere(event)).length;
}

const figures = async () => {
  const [, heard = Number.NaN, late = Number.NaN] =
    (await site.text('output')).match(/^(\d+) quanta heard, (\d+) samples came too late$/) ?? [];
  return { heard: Number(heard), late: Number(late) };
};
const heardPast = (quanta: number) =>
  expect
    .poll(async () => (await figures()).heard, { timeout: 3 * SECONDS * 1000 + 30_000, interval: 100 })
    .toBeGreaterThan(quanta);

it('TypeScript accepts it', async () => {
  await example.succeed('typecheck');
});

it(`plays for ${SECONDS} seconds: no sample comes too late, and nothing is collected in the worklet`, async () => {
  await site.page.click('#play');
  await poll(() => site.text('#play')).toBe('Stop');
  await heardPast(200); // by then the engine has compiled what it compiles
  await inWorklet('gc()'); // takes what the start has left
  const before = await figures();
  const collections = await collectionsWhile(async () => {
    await site.slide('#cutoff', 8);
    await heardPast(before.heard + SECONDS * 375);
    await site.slide('#cutoff', 12);
  });
  expect({ ...(await figures()), heard: 0, collections }).toEqual({ heard: 0, late: 0, collections: 0 });
  expect(await site.text('#complaint')).toBe('');
  expect(site.complaints).toEqual([]);
}, 300_000);

it('would have seen collections in the worklet', async () => {
  const collections = await collectionsWhile(async () => {
    await inWorklet('for (let i = 0; i < 1e6; i++) globalThis.kept = { i };');
  });
  expect(collections).toBeGreaterThan(0);
});
