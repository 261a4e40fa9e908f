// The results as pictures: SVG files, and one page that holds them all. `node bench/plots.mjs FILE` draws what --json wrote.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, View } from 'vega';
import { ratio, spread } from './figures.mjs';
import { duration } from './print.mjs';
import { targetCells } from './report.mjs';

const FOLDER = fileURLToPath(new URL('../reports/bench/', import.meta.url));
// Told apart by colour-blind people too (Okabe and Ito).
const COLOURS = { node: '#009e73', chromium: '#0072b2', firefox: '#d55e00' };
const INK = '#24292f';
const QUIET = '#59636e';
const LINE = '#d1d9e0';
const ROW = 13; // pixels for one engine of one row

/**
 * Dots with their quartiles on a logarithmic axis: `dots` are { name, engine, value, low, high }, in the order of their names;
 * `line` is what they are compared with.
 */
async function dots(title, given, axis, line = 1) {
  const engines = Object.keys(COLOURS).filter((engine) => given.some((dot) => dot.engine === engine));
  const names = [...new Set(given.map(({ name }) => name))];
  const values = given.map((dot) => ({ ...dot, label: dot.value < 10 ? dot.value.toFixed(2) : dot.value.toFixed(0) }));
  const all = values.flatMap(({ value, low = value, high = value }) => [value, low, high]);
  const ticks = [];
  for (let power = -4; power < 6; power++) ticks.push(10 ** power, 2 * 10 ** power, 5 * 10 ** power);
  const y = { scale: 'y', field: 'name' };
  const row = { scale: 'engine', field: 'engine', band: 0.5 };
  const colour = { scale: 'colour', field: 'engine' };
  const middle = { ...y, offset: row };
  const spec = {
    width: 460,
    height: names.length * (engines.length * ROW + 8),
    padding: 8,
    background: 'white',
    title: { text: title, anchor: 'start', frame: 'bounds', color: INK, fontSize: 14, offset: 12 },
    config: { font: 'system-ui, sans-serif' },
    data: [{ name: 'dots', values }],
    scales: [
      {
        name: 'x',
        type: 'log',
        domain: [Math.min(line, ...all) / 1.1, Math.max(line, ...all) * 1.3],
        range: 'width',
        nice: false,
      },
      { name: 'y', type: 'band', domain: names, range: 'height', padding: 0.12 },
      { name: 'engine', type: 'band', domain: engines, range: [0, { signal: "bandwidth('y')" }] },
      { name: 'colour', type: 'ordinal', domain: engines, range: engines.map((engine) => COLOURS[engine]) },
    ],
    axes: [
      {
        orient: 'left',
        scale: 'y',
        domain: false,
        ticks: false,
        labelColor: INK,
        labelFontSize: 11,
        labelLimit: 1000, // without a canvas widths are only guessed, too wide
        labelPadding: 8,
      },
      {
        orient: 'bottom',
        scale: 'x',
        title: axis,
        grid: true,
        gridColor: LINE,
        domain: false,
        ticks: false,
        values: ticks,
        format: '~g',
        labelOverlap: true,
        labelColor: QUIET,
        titleColor: QUIET,
        titleFontWeight: 'normal',
      },
    ],
    legends:
      engines.length > 1
        ? [{ fill: 'colour', orient: 'top', direction: 'horizontal', labelColor: QUIET, symbolType: 'circle' }]
        : [],
    marks: [
      {
        type: 'rule',
        encode: {
          enter: {
            x: { scale: 'x', value: line },
            y: { value: 0 },
            y2: { signal: 'height' },
            stroke: { value: QUIET },
            strokeDash: { value: [3, 3] },
          },
        },
      },
      {
        type: 'rule',
        from: { data: 'dots' },
        encode: {
          enter: {
            x: { scale: 'x', signal: 'isValid(datum.low) ? datum.low : datum.value' },
            x2: { scale: 'x', signal: 'isValid(datum.high) ? datum.high : datum.value' },
            y: middle,
            stroke: colour,
            strokeWidth: { value: 3 },
            strokeOpacity: { value: 0.35 },
          },
        },
      },
      {
        type: 'symbol',
        from: { data: 'dots' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'value' },
            y: middle,
            fill: colour,
            size: { value: 45 },
            tooltip: { field: 'label' },
          },
        },
      },
      {
        type: 'text',
        from: { data: 'dots' },
        encode: {
          enter: {
            x: { scale: 'x', signal: 'isValid(datum.high) ? max(datum.high, datum.value) : datum.value', offset: 8 },
            y: middle,
            text: { field: 'label' },
            baseline: { value: 'middle' },
            fontSize: { value: 9.5 },
            fill: { value: QUIET },
          },
        },
      },
    ],
  };
  return new View(parse(spec), { renderer: 'none' }).toSVG();
}

/** Everything that is drawn: { name, svg }. */
async function draw({ reached, results }) {
  const charts = [];
  const add = async (name, ...given) => charts.push({ name, svg: await dots(...given) });

  const judged = reached.filter(({ value, limit }) => value > 0 && limit > 0);
  if (judged.length > 0) {
    const over = judged.map(({ figure, against, engine, value, low, high, limit }) => ({
      name: `${figure.replace(/: .*/, '')}${against === '-' ? '' : `, to ${against}`}`,
      engine,
      value: value / limit,
      low: low && low / limit,
      high: high && high / limit,
    }));
    await add(
      'reached',
      'What to reach: measured, divided by what is to be reached',
      over,
      'left of the line is reached',
    );
  }

  const timed = results.filter(({ rows }) => rows[0].samples);
  const kernels = timed.filter(({ table }) => table.startsWith('kernels/'));
  if (kernels.length > 0) {
    const values = kernels.map(({ table, engine, rows }) => {
      const { median: value, low, high } = ratio(rows[1].samples, rows[0].samples);
      return { name: table.replace('kernels/', ''), engine, value, low, high };
    });
    await add('kernels', 'Prebuilt kernels: wasm to native', values, 'times native, same source with SSE4.1');
  }
  for (const table of new Set(timed.map(({ table }) => table))) {
    if (table.startsWith('kernels/')) continue;
    const those = timed.filter((result) => result.table === table);
    const values = those.flatMap(({ engine, rows }) =>
      rows.slice(1).map(({ name, samples }) => {
        const { median: value, low, high } = ratio(samples, rows[0].samples);
        return { name, engine, value, low, high };
      }),
    );
    await add(table, those[0].title, values, `times ${those[0].rows[0].name}`);
  }

  const garbage = results.find(({ table }) => table === 'garbage/frames');
  if (garbage) {
    const what = 'bytes of heap per frame';
    const values = garbage.rows.map(({ name, values }) => ({
      name,
      engine: 'node',
      value: Math.max(values[what], 0.01),
    }));
    await add('garbage', garbage.title, values, `${what}; what is below 0.01 stands at 0.01`);
  }
  return charts;
}

const escaped = (text) => `${text}`.replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign]);
const line = (tag, cells) => `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;

/** All figures of a table, one row per engine and case. */
function figures(results) {
  const head = ['', 'engine', 'median', 'to the first', 'quartiles'];
  const rows = results.flatMap(({ engine, rows }) =>
    rows.map(({ name, samples }) => {
      const { median, low, high } = ratio(samples, rows[0].samples);
      const fixed = [median, low, high].map((value) => value.toFixed(2));
      return [name, engine, duration(spread(samples).median), fixed[0], `${fixed[1]}-${fixed[2]}`];
    }),
  );
  return `<table>${line('th', head)}${rows.map((row) => line('td', row)).join('')}</table>`;
}

function page({ versions, pace, reached, results }, charts) {
  const sections = charts.map(({ name, svg }) => {
    const those = results.filter(({ table, rows }) => table === name && rows[0].samples);
    const details = those.length > 0 ? `<details><summary>figures</summary>${figures(those)}</details>` : '';
    return `<section id="${name}">${svg}${details}</section>`;
  });
  const [head, ...rows] = targetCells(reached);
  const table = rows.map((cells) =>
    line('td', cells).replace('<tr>', `<tr class="${cells.at(-1).replace(' ', '-')}">`),
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>arena-bind: benchmark</title>
<style>
  :root { color-scheme: light; }
  body { font: 15px/1.5 system-ui, sans-serif; color: ${INK}; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
  table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
  th, td { text-align: left; padding: 2px 12px 2px 0; border-bottom: 1px solid ${LINE}; }
  .reached td:last-child { color: #1a7f37; } .missed td:last-child { color: #b42318; } .tie td:last-child { color: #7a5c00; }
  section { margin: 2rem 0; overflow-x: auto; } svg { max-width: 100%; height: auto; }
</style>
<h1>Benchmark</h1>
<p>${escaped(Object.values(versions).join(', '))}. Medians of ${pace.rounds} shuffled rounds, samples of ${pace.sample} ms; lines
are quartiles. docs/benchmark.md says what is compared, and how.</p>
<table>${line('th', head)}${table.join('\n')}</table>
${sections.join('\n')}
</html>
`;
}

/** Writes the pictures and the page; returns the path of the page. */
export async function writePlots(run) {
  const charts = await draw(run);
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  for (const { name, svg } of charts) writeFileSync(join(FOLDER, `${name.replace('/', '-')}.svg`), svg);
  const path = join(FOLDER, 'index.html');
  writeFileSync(path, page(run, charts));
  return path;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(await writePlots(JSON.parse(readFileSync(process.argv[2], 'utf8'))));
}
