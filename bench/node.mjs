// Runs one table in this Node; the last line printed is its result as JSON.
import { runTable } from './table.mjs';

const [name, pace = '{}', part] = process.argv.slice(2);
console.log(JSON.stringify(await runTable(name, JSON.parse(pace), part)));
process.exit(); // workers of a table may still be there
