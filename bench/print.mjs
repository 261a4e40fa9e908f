// Tables for a terminal.
import { ratio, spread } from './figures.mjs';

const UNITS = { ns: 1, µs: 1e3, ms: 1e6, s: 1e9 };

/** Nanoseconds in the unit that leaves one to four digits before the point. */
export function duration(ns) {
  const [unit, size] = Object.entries(UNITS).findLast(([, size]) => ns >= size) ?? ['ns', 1];
  return `${(ns / size).toFixed(ns / size < 100 ? 2 : 0)} ${unit}`;
}

const between = ({ low, high }, digits = 2) => `[${low.toFixed(digits)}-${high.toFixed(digits)}]`;

/** The rows of a race, each against the first one. */
export function lines({ rows }) {
  const base = rows[0];
  return rows.map((row) => {
    const against = ratio(row.samples, base.samples);
    const figures = `${against.median.toFixed(2).padStart(8)} x  ${between(against).padEnd(14)}`;
    const cpu = row.cpu ? ` cpu ${ratio(row.cpu, base.cpu).median.toFixed(2)} x` : '';
    return `  ${row.name.padEnd(52)}${duration(spread(row.samples).median).padStart(10)}${figures}${cpu}`;
  });
}

const number = (value) =>
  value < 1000 ? value.toLocaleString('en', { maximumSignificantDigits: 3 }) : Math.round(value).toLocaleString('en');

/** The rows of a table of counts: each names what it counts. */
function counts({ rows }) {
  return rows.flatMap(({ name, values }) => [
    `  ${name}`,
    ...Object.entries(values).map(([what, value]) => `${number(value).padStart(16)} ${what}`),
  ]);
}

/** A race, or a table of counts. */
export function print(result, engine = '') {
  console.log(`\n${result.title}${engine && `, ${engine}`}`);
  console.log((result.rows[0]?.samples ? lines(result) : counts(result)).join('\n'));
}
