const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

export const formatCount = (count) => count.toLocaleString('en');

/** Divisor and name of the unit that suits `value`, out of a list that ascends. */
const pick = (units, value) => units.findLast(([size]) => Math.abs(value) >= size) ?? units[0];

export const timeUnit = (nanoseconds) =>
  pick(
    [
      [1, 'ns'],
      [1e3, 'µs'],
      [1e6, 'ms'],
      [1e9, 's'],
    ],
    nanoseconds,
  );

export const byteUnit = (bytes) =>
  pick(
    [
      [1, 'B'],
      [2 ** 10, 'KiB'],
      [2 ** 20, 'MiB'],
    ],
    bytes,
  );

const format = ([size, name], value) => `${number.format(value / size)} ${name}`;

export const formatTime = (nanoseconds) => format(timeUnit(nanoseconds), nanoseconds);
export const formatBytes = (bytes) => format(byteUnit(bytes), bytes);

/** Rows of cells as lines, the first column to the left and the others to the right. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const pad = (cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]));
  return rows.map((row) => row.map(pad).join('   ').trimEnd()).join('\n');
}

/** The results as rows of text, headings first. */
export function resultRows({ sound, picture }) {
  const row = (name, { frames, p50, p99, collections, heapBytesPerFrame, peakBytes }) => [
    name,
    formatCount(frames),
    formatTime(p50),
    formatTime(p99),
    formatCount(collections),
    heapBytesPerFrame === null ? 'unknown' : formatBytes(heapBytesPerFrame),
    formatBytes(peakBytes),
  ];
  return [
    ['', 'frames', 'p50', 'p99', 'collections', 'heap per frame', 'peak arena use'],
    row('sound', sound),
    row('picture', picture),
  ];
}
