// Runs one table, in whatever engine has loaded this.
import { pace, race } from './race.mjs';

/**
 * `name` is file/table, such as alloc/repeating; `given` overrides parts of `pace`, `only` are the keys of the
 * cases to race beside the first one, all when left out; `part` is the one of the table's `fresh`
 * parts to run.
 */
export async function runTable(name, { only, ...given } = {}, part = undefined) {
  Object.assign(pace, given);
  const [file, key] = name.split('/');
  const { tables } = await import(`./tables/${file}.mjs`);
  const table = tables[key];
  if (table === undefined) throw new Error(`tables/${file}.mjs has no table ${key}: ${Object.keys(tables)}`);
  const { title, first } = table;
  if (table.rows) return { table: name, title, rows: await table.rows(part) };
  const cases = await table.cases();
  return {
    table: name,
    title,
    rows: await race(only ? cases.filter(({ key }, i) => i === 0 || only.includes(key)) : cases, first),
  };
}
