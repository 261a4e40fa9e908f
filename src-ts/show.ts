// How messages speak of values and names.

/**
 * Shows any value in a message, short.
 * @internal
 */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `a function${value.name ? ` ${value.name}` : ''}`;
  if (value === null || typeof value !== 'object') return String(value);
  if (ArrayBuffer.isView(value)) {
    const length = 'length' in value ? ` of ${value.length} elements` : '';
    return `${value.constructor.name}${length}`;
  }
  if (Array.isArray(value)) return `an array of ${value.length} elements`;
  const name = value.constructor?.name ?? 'object';
  return `${/^[AEIOaeio]/.test(name) ? 'an' : 'a'} ${name}`;
}

/**
 * The candidate that `name` is probably a slip of; undefined when none is near.
 * @internal
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.ceil(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

// Levenshtein, two rows.
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let k = 1; k <= b.length; k++) {
      const substitution = (previous[k - 1] ?? 0) + (a[i - 1] === b[k - 1] ? 0 : 1);
      row.push(Math.min(substitution, (previous[k] ?? 0) + 1, (row[k - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
