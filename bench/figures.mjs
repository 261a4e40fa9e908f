// The arithmetic of the benchmark: quantiles, ratios of paired samples, and marks.

const ascending = (values) => [...values].sort((a, b) => a - b);

/** The value that a share `q` of `values` lies below; between two values their weighted mean. */
export function quantile(values, q) {
  if (values.length === 0) throw new Error('a quantile of no values');
  const sorted = ascending(values);
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
}

/** Median and quartiles. */
export const spread = (values) => ({
  median: quantile(values, 0.5),
  low: quantile(values, 0.25),
  high: quantile(values, 0.75),
});

/** How `samples` compare with those of `base`, each with the one of its own round. */
export function ratio(samples, base) {
  if (samples.length !== base.length) throw new Error(`${samples.length} samples against ${base.length}`);
  return spread(samples.map((value, round) => value / base[round]));
}

/** How far the quartiles of a comparison of the same with the same stray from 1. */
export const stray = ({ low, high }) => Math.max(1 - low, high - 1, 0);

const MOST_DOUBT = 0.05; // a noisy machine makes no ties

/**
 * `reached` where the figure is no higher than `limit`; `tie` where it is higher, but by a smaller part than the same code
 * strays from itself, at most 5 %; else `missed`.
 */
export function mark(figure, limit, doubt = 0) {
  if (!Number.isFinite(figure)) throw new Error(`${figure} is no figure`);
  if (figure <= limit) return 'reached';
  return figure <= limit * (1 + Math.min(doubt, MOST_DOUBT)) ? 'tie' : 'missed';
}

/** How often to repeat what took `fastest` milliseconds for `count` repetitions, so that it lasts `sample`. */
export function repetitions(count, fastest, sample) {
  if (!(fastest > 0)) throw new Error(`${count} repetitions took ${fastest} ms: the clock is too coarse to calibrate`);
  return Math.max(1, Math.ceil((count * sample) / fastest));
}
