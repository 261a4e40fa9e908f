// The table at the end: what was to be reached, and what was.
import { mark, ratio, stray } from './figures.mjs';
import { TARGETS } from './targets.mjs';

/**
 * A row per target and engine: figure, against, engine, value, limit, mark. `results` are those of `runTable`, each with its
 * `engine`. Without a result the mark is `not run`.
 */
export function judge(results, engines) {
  return TARGETS.flatMap((target) => {
    const { figure, against, table, limit } = target;
    const wanted = (target.engines ?? engines).filter((engine) => engines.includes(engine));
    return wanted.map((engine) => {
      const result = results.find((result) => result.table === table && result.engine === engine);
      const reach = typeof limit === 'number' ? limit : limit[engine];
      const row = { figure, against, engine, table, limit: reach };
      if (result === undefined) return { ...row, mark: 'not run' };
      const [ours, theirs, base, control] = [target.row, target.base, result.rows[0].key, 'control']
        .map((key) => {
          const found = result.rows.find((row) => row.key === key);
          if (found === undefined) throw new Error(`${table} has no row ${key}`);
          return found;
        })
        .map(({ samples }) => samples);
      const { median: value, low, high } = ratio(ours, theirs);
      const doubt = stray(ratio(control, base));
      return { ...row, value, low, high, doubt, mark: mark(value, reach, doubt) };
    });
  });
}

/** The rows of `judge` as lines. */
export function targetLines(rows) {
  const head = ['figure', 'against', 'engine', 'measured', 'reach', ''];
  const cells = rows.map(({ figure, against, engine, value, limit, mark }) => [
    figure,
    against,
    engine,
    value === undefined ? '-' : value.toFixed(2),
    `<= ${limit}`,
    mark,
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i].length)));
  return [head, ...cells].map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd(),
  );
}
