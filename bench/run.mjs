// Runs the tables, each engine after the other, and ends with what was to be reached. tools/bench.mjs says how to call it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { ENGINES } from './engines.mjs';
import { choose, listTables } from './list.mjs';
import { buildPeers } from './peers.mjs';
import { writePlots } from './plots.mjs';
import { print } from './print.mjs';
import { doubtOf, judge, targetLines } from './report.mjs';

const FULL = { sample: 4, rounds: 31, warm: 60, starts: 11 };
const QUICK = { sample: 1.5, rounds: 9, warm: 30, starts: 3 };

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean' },
    engines: { type: 'string' },
    json: { type: 'string' },
    rounds: { type: 'string' },
  },
});

const engines = options.engines?.split(',') ?? Object.keys(ENGINES);
for (const engine of engines) {
  if (!(engine in ENGINES)) throw new Error(`no engine ${engine}; there are ${Object.keys(ENGINES).join(', ')}`);
}
const pace = { ...(options.quick ? QUICK : FULL), ...(options.rounds ? { rounds: Number(options.rounds) } : {}) };

const hurry = options.quick && names.length === 0;
const chosen = choose(await listTables(), names, hurry);
await buildPeers();

/** A table, or one whose parts take a process each: as often as they are timed, in an order that is shuffled anew each time. */
async function runParts(started, { name, fresh, only }) {
  if (fresh === undefined) return started.run(name, { ...pace, only });
  const rows = new Map();
  let result;
  for (let round = 0; round < (result?.rows[0].samples ? pace.starts : 1); round++) {
    const parts = only ? fresh.filter((part) => only.includes(part)) : fresh;
    const order = parts.map((part) => [Math.random(), part]).sort(([a], [b]) => a - b);
    for (const [, part] of order) {
      result = await started.run(name, pace, part);
      for (const row of result.rows) {
        const known = rows.get(row.key);
        if (known) known.samples.push(...row.samples);
        else rows.set(row.key, row);
      }
    }
  }
  const place = (key) => fresh.findIndex((part) => key.startsWith(part));
  return { ...result, rows: [...rows.values()].sort((a, b) => place(a.key) - place(b.key)) };
}

const results = [];
const versions = {};
for (const engine of engines) {
  const started = await ENGINES[engine]();
  versions[engine] = started.version;
  try {
    for (const table of chosen.filter((table) => table.engines.includes(engine))) {
      const start = performance.now();
      try {
        const result = { engine, ...(await runParts(started, table)) };
        result.seconds = (performance.now() - start) / 1000;
        results.push(result);
        print(result, started.version);
      } catch (error) {
        // The other tables are worth having all the same.
        console.error(`\n${table.name} failed in ${started.version}: ${error.message}`);
        process.exitCode = 1;
      }
    }
  } finally {
    await started.close();
  }
}

const reached = judge(results, engines);
const shown = names.length > 0 ? reached.filter((row) => row.mark !== 'not run') : reached;
if (shown.length > 0) console.log(`\nWhat to reach\n${targetLines(shown).join('\n')}`);
const unsteady = results.filter((result) => doubtOf(result) > 0.1).map(({ table, engine }) => `${table} in ${engine}`);
if (unsteady.length > 0) {
  console.log(
    `\nThe same code strayed from itself by more than 10 %, so run these again on a quiet machine: ${unsteady.join(', ')}`,
  );
}
const run = { versions, pace, reached: shown, results };
if (options.json) {
  mkdirSync(dirname(options.json), { recursive: true });
  writeFileSync(options.json, JSON.stringify(run));
}
console.log(
  `\nPlots: ${await writePlots(run)}\n${Math.round(performance.now() / 1000)} s without installing and building the package`,
);
