// The table at the end: what was to be reached, and what was.
import { mark, ratio, stray } from './figures.mjs';
import { TARGETS } from './targets.mjs';

function find({ table, rows }, key) {
  const row = rows.find((row) => row.key === key);
  if (row === undefined) throw new Error(`${table} has no row ${key}`);
  return row;
}

/** The figure of a target in one result: { value, low, high, doubt }, the last three where it was timed in pairs. */
export function figureOf(target, result) {
  const ours = find(result, target.row);
  const theirs = target.base && find(result, target.base);
  if (ours.samples === undefined) {
    return { value: ours.values[target.value] / (theirs ? theirs.values[target.value] : 1) };
  }
  const { median: value, low, high } = ratio(ours.samples, theirs.samples);
  return { value, low, high, doubt: doubtOf(result) };
}

/** How far the control of a race strays; undefined where there is none. */
export function doubtOf({ rows }) {
  const control = rows.find(({ key }) => key === 'control');
  return control && stray(ratio(control.samples, rows[0].samples));
}

/**
 * A row per target and engine: figure, against, engine, limit, value, mark. `results` are those of `runTable`, each with its
 * `engine`. Of several tables the worst counts, and is named; where one of them has no result the mark is `not run`.
 */
export function judge(results, engines, targets = TARGETS) {
  return targets.flatMap((target) => {
    const { figure, against, limit } = target;
    const tables = [target.table].flat();
    return (target.engines ?? engines)
      .filter((engine) => engines.includes(engine))
      .map((engine) => {
        const reach = typeof limit === 'number' ? limit : limit[engine];
        const row = { figure, against, engine, limit: reach };
        const those = tables.map((table) =>
          results.find((result) => result.table === table && result.engine === engine),
        );
        if (those.includes(undefined)) return { ...row, mark: 'not run' };
        const figures = those.map((result) => ({ table: result.table, ...figureOf(target, result) }));
        const worst = figures.reduce((worst, next) => (next.value > worst.value ? next : worst));
        const within = figures.filter(({ value }) => value <= reach).length;
        return {
          ...row,
          ...worst,
          ...(tables.length > 1 ? { figure: `${figure}: ${worst.table}, ${within} of ${tables.length} within` } : {}),
          mark: mark(worst.value, reach, worst.doubt),
        };
      });
  });
}

const short = (value) =>
  value < 1000 ? value.toFixed(Number.isInteger(value) ? 0 : 2) : Math.round(value).toLocaleString('en');

/** The rows of `judge` as text, cell by cell, the heads first. */
export function targetCells(rows) {
  const head = ['figure', 'against', 'engine', 'measured', 'reach', ''];
  const cells = rows.map(({ figure, against, engine, value, limit, mark }) => [
    figure,
    against,
    engine,
    value === undefined ? '-' : short(value),
    `<= ${limit.toLocaleString('en')}`,
    mark,
  ]);
  return [head, ...cells];
}

/** The same as lines. */
export function targetLines(rows) {
  const cells = targetCells(rows);
  const widths = cells[0].map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  return cells.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd(),
  );
}
