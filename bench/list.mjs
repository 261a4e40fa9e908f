// Which tables there are, and which of them to run.
import { readdirSync } from 'node:fs';
import { TARGETS } from './targets.mjs';

const ENGINES = ['node', 'chromium', 'firefox'];

/** @typedef {{ name: string, engines: string[], fresh?: string[], only?: string[] }} Listed */

/**
 * Every table: its name (file/table), the engines that it is for, and its parts where each takes a process of its own.
 * @returns {Promise<Listed[]>}
 */
export async function listTables() {
  const folder = new URL('tables/', import.meta.url);
  const list = [];
  for (const file of readdirSync(folder).sort()) {
    const { tables } = await import(new URL(file, folder));
    for (const [key, { engines = ENGINES, fresh }] of Object.entries(tables)) {
      list.push({ name: `${file.replace(/\.mjs$/, '')}/${key}`, engines, fresh });
    }
  }
  return list;
}

/**
 * The tables that `names` ask for, as file or file/table; all when there are none. In a hurry those that TARGETS are made of,
 * and `only` says which of their rows.
 * @param {Listed[]} tables
 * @param {string[]} names
 * @returns {Listed[]}
 */
export function choose(tables, names, hurry = false) {
  const asked = (table, name) => table.name === name || table.name.startsWith(`${name}/`);
  for (const name of names) {
    if (tables.some((table) => asked(table, name))) continue;
    throw new Error(`no table ${name}; there are ${tables.map((table) => table.name).join(', ')}`);
  }
  if (names.length > 0) return tables.filter((table) => names.some((name) => asked(table, name)));
  if (!hurry) return tables;
  const wanted = new Map();
  for (const { table, row, base = row } of TARGETS) {
    for (const name of [table].flat()) wanted.set(name, [...(wanted.get(name) ?? []), row, base]);
  }
  return tables.filter(({ name }) => wanted.has(name)).map((table) => ({ ...table, only: wanted.get(table.name) }));
}
