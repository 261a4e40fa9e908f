// Runs one table, in whatever engine has loaded this.
import { pace, race } from './race.mjs';

/**
 * `name` is file/table, such as alloc/repeating; `given` overrides parts of `pace`, `part` is the one of the table's `fresh`
 * parts to run.
 */
export async function runTable(name, given = {}, part = undefined) {
  Object.assign(pace, given);
  const [file, key] = name.split('/');
  const { tables } = await import(`./tables/${file}.mjs`);
  const table = tables[key];
  if (table === undefined) throw new Error(`tables/${file}.mjs has no table ${key}: ${Object.keys(tables)}`);
  const { title, first } = table;
  return { table: name, title, rows: table.rows ? await table.rows(part) : await race(await table.cases(), first) };
}
