// Runs one table, in whatever engine has loaded this.
import { pace, race } from './race.mjs';

/** `name` is file/table, such as alloc/repeating; `given` overrides parts of `pace`. */
export async function runTable(name, given = {}) {
  Object.assign(pace, given);
  const [file, key] = name.split('/');
  const { tables } = await import(`./tables/${file}.mjs`);
  const table = tables[key];
  if (table === undefined) throw new Error(`tables/${file}.mjs has no table ${key}: ${Object.keys(tables)}`);
  const { title, unit = 'ns', first } = table;
  if (table.measure) return { table: name, title, unit, rows: await table.measure() };
  return { table: name, title, unit, rows: await race(await table.cases(), first) };
}
