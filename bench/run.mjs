// Runs the tables, each engine after the other, and ends with what was to be reached. tools/bench.mjs says how to call it.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { ENGINES } from './engines.mjs';
import { buildPeers } from './peers.mjs';
import { print } from './print.mjs';
import { judge, targetLines } from './report.mjs';
import { TARGETS } from './targets.mjs';

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

/** Every table, as file/table. */
async function listTables() {
  const folder = new URL('tables/', import.meta.url);
  const files = readdirSync(folder).map((file) => file.replace(/\.mjs$/, ''));
  const tables = [];
  for (const file of files.sort()) {
    for (const [key, table] of Object.entries((await import(new URL(`${file}.mjs`, folder))).tables)) {
      tables.push({ name: `${file}/${key}`, engines: table.engines ?? Object.keys(ENGINES), fresh: table.fresh });
    }
  }
  return tables;
}

await buildPeers();
const tables = await listTables();
for (const name of names) {
  if (!tables.some((table) => table.name === name || table.name.startsWith(`${name}/`))) {
    throw new Error(`no table ${name}; there are ${tables.map((table) => table.name).join(', ')}`);
  }
}
// In a hurry only what the table at the end is made of.
const wanted = new Map();
for (const { table, row, base = row } of TARGETS) {
  for (const name of [table].flat()) wanted.set(name, [...(wanted.get(name) ?? []), row, base]);
}
const hurry = options.quick && names.length === 0;
const chosen = tables.filter(({ name }) =>
  names.length > 0
    ? names.some((word) => name === word || name.startsWith(`${word}/`))
    : !options.quick || wanted.has(name),
);

/** A table, or one whose parts take a process each: as often as they are timed, in an order that is shuffled anew each time. */
async function runParts(started, { name, fresh }) {
  const only = hurry ? wanted.get(name) : undefined;
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
      const result = { engine, ...(await runParts(started, table)) };
      results.push(result);
      print(result, started.version);
    }
  } finally {
    await started.close();
  }
}

const reached = judge(results, engines);
const shown = names.length > 0 ? reached.filter((row) => row.mark !== 'not run') : reached;
if (shown.length > 0) console.log(`\nWhat to reach\n${targetLines(shown).join('\n')}`);
if (options.json) {
  mkdirSync(dirname(options.json), { recursive: true });
  writeFileSync(options.json, JSON.stringify({ versions, pace, reached: shown, results }));
}
