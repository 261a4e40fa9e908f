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
  return `${/^[AEIO]/i.test(name) ? 'an' : 'a'} ${name}`;
}

/**
 * The candidate that `name` is probably a slip of, at one place; undefined when none is near.
 * @internal
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.ceil(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = lettersApart(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/**
 * What could have stood in the place of `name`: the one that it is probably a slip of, and all.
 * @internal
 */
export function choices(name: unknown, all: Iterable<string>): string {
  const near = nearest(String(name), all);
  return `${near ? `did you mean '${near}'? ` : ''}expected one of ${[...all].join(', ') || 'none'}`;
}

// Of the longer one, the letters between what both begin with and what both end with: few after one slip of the fingers.
function lettersApart(a: string, b: string): number {
  const longest = Math.max(a.length, b.length);
  const shortest = Math.min(a.length, b.length);
  let same = 0;
  while (same < shortest && a[same] === b[same]) same++;
  for (let k = 1; same < shortest && a.at(-k) === b.at(-k); k++) same++;
  return longest - same;
}
