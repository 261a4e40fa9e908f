// Charts as SVG. Their colours are the report's CSS variables, so that they follow light and dark.
import { parse, View } from 'vega';
import { byteUnit, formatTime, timeUnit } from './text.mjs';

const small = { width: 340, height: 200 }; // of the whole chart, in pixels of its own
const wide = { width: 420, height: 200 };

const config = {
  font: 'system-ui, sans-serif',
  axis: {
    labelColor: 'var(--quiet)',
    labelFontSize: 11,
    titleColor: 'var(--quiet)',
    titleFontSize: 11,
    titleFontWeight: 'normal',
    titlePadding: 6,
    domain: false,
    ticks: false,
    labelPadding: 6,
    gridColor: 'var(--line)',
  },
};

const position = (scale, field) => ({ scale, field });
const colour = (name) => ({ value: `var(--${name})` });

async function draw({ size = small, ...parts }) {
  const autosize = { type: 'fit', contains: 'padding' }; // the same size for all, whatever the labels
  const spec = { ...size, padding: 2, autosize, background: null, config, ...parts };
  return new View(parse(spec), { renderer: 'none' }).toSVG();
}

const bottom = (title, more = {}) => ({
  orient: 'bottom',
  scale: 'x',
  title,
  tickCount: 5,
  labelOverlap: true,
  labelFlush: true,
  ...more,
});
const left = (title, more = {}) => ({ orient: 'left', scale: 'y', title, grid: true, tickCount: 4, ...more });

/** How many frames took how long, on a logarithmic scale: nothing is cut off. */
export function timeHistogram(times, p50, p99, hue) {
  const [unit, unitName] = timeUnit(p50);
  const bins = 48;
  const low = times.reduce((least, time) => Math.min(least, time), Infinity) * 0.95;
  const high = times.reduce((most, time) => Math.max(most, time), 0) * 1.05;
  const edge = (i) => (low * (high / low) ** (i / bins)) / unit;
  const counts = new Array(bins).fill(0);
  for (const time of times)
    counts[Math.min(bins - 1, Math.floor((Math.log(time / low) / Math.log(high / low)) * bins))]++;
  const marker = (time, text, row) => {
    const align = Math.log(time / low) < 0.6 * Math.log(high / low) ? 'left' : 'right'; // of the line, inside the plot
    return { time: time / unit, text: `${text} ${formatTime(time)}`, align, row };
  };
  return draw({
    data: [
      { name: 'bins', values: counts.map((count, i) => ({ count, from: edge(i), to: edge(i + 1) })) },
      { name: 'markers', values: [marker(p50, 'p50', 0), marker(p99, 'p99', 1)] },
    ],
    scales: [
      { name: 'x', type: 'log', domain: [edge(0), edge(bins)], range: 'width' },
      { name: 'y', domain: { data: 'bins', field: 'count' }, range: [{ signal: 'height' }, 34], nice: true },
    ],
    axes: [left('frames'), bottom(`time per frame, ${unitName} (logarithmic)`, { format: '~g' })],
    marks: [
      {
        type: 'rect',
        from: { data: 'bins' },
        encode: {
          enter: {
            x: { ...position('x', 'from'), offset: 0.5 },
            x2: { ...position('x', 'to'), offset: -0.5 },
            // a single frame far from the others must stay visible
            y: { signal: "datum.count ? min(scale('y', datum.count), height - 2) : height" },
            y2: { signal: 'height' },
            fill: colour(hue),
          },
        },
      },
      {
        type: 'rule',
        from: { data: 'markers' },
        encode: {
          enter: {
            x: position('x', 'time'),
            y: { signal: '14 * datum.row' }, // below the other's text
            y2: { signal: 'height' },
            stroke: colour('ink'),
            strokeDash: { value: [3, 3] },
          },
        },
      },
      {
        type: 'text',
        from: { data: 'markers' },
        encode: {
          enter: {
            x: { ...position('x', 'time'), offset: { signal: "datum.align === 'right' ? -5 : 5" } },
            y: { signal: '10 + 14 * datum.row' },
            text: { field: 'text' },
            align: { field: 'align' },
            fill: colour('ink'),
            fontSize: { value: 11 },
          },
        },
      },
    ],
  });
}

/** The most of each of at most `count` neighbouring groups of values: [{ frame, value }]. */
function thinOut(values, count) {
  const size = Math.ceil(values.length / count);
  const points = [];
  for (let first = 0; first < values.length; first += size) {
    points.push({ frame: first, value: values.subarray(first, first + size).reduce((a, b) => Math.max(a, b)) });
  }
  points.push({ frame: values.length, value: points.at(-1).value });
  return points;
}

const overFrames = (hue, interpolate) => [
  {
    type: 'area',
    from: { data: 'points' },
    encode: {
      enter: {
        x: position('x', 'frame'),
        y: position('y', 'value'),
        y2: { scale: 'y', value: 0 },
        interpolate: { value: interpolate },
        fill: colour(hue),
        fillOpacity: { value: 0.18 },
      },
    },
  },
  {
    type: 'line',
    from: { data: 'points' },
    encode: {
      enter: {
        x: position('x', 'frame'),
        y: position('y', 'value'),
        interpolate: { value: interpolate },
        stroke: colour(hue),
        strokeWidth: { value: 2 },
      },
    },
  },
];

export function arenaUse(used, hue) {
  const [unit, unitName] = byteUnit(used.reduce((a, b) => Math.max(a, b)));
  const points = thinOut(used, 150).map(({ frame, value }) => ({ frame, value: value / unit }));
  return draw({
    data: [{ name: 'points', values: points }],
    scales: [
      { name: 'x', domain: [0, used.length], range: 'width' },
      { name: 'y', domain: { data: 'points', field: 'value' }, range: 'height', zero: true, nice: true },
    ],
    axes: [left(`${unitName} of arena`), bottom('frame', { format: ',d' })],
    marks: overFrames(hue, 'step-after'),
  });
}

/** The heap's growth over the run, beside what `control` bytes per frame would be. */
export function heapGrowth(heap, control, hue) {
  let total = 0;
  const points = [{ frame: 0, value: 0 }];
  for (const { frame, bytes } of heap) {
    total += bytes ?? 0;
    points.push({ frame, value: total });
  }
  const frames = heap.at(-1).frame;
  const [unit, unitName] = byteUnit(Math.max(total, control * frames));
  const scaled = points.map(({ frame, value }) => ({ frame, value: value / unit }));
  const dashes = [0, frames].map((frame) => ({ frame, value: (control * frame) / unit }));
  return draw({
    data: [
      { name: 'points', values: scaled },
      { name: 'control', values: dashes },
    ],
    scales: [
      { name: 'x', domain: [0, frames], range: 'width' },
      {
        name: 'y',
        domain: {
          fields: [
            { data: 'points', field: 'value' },
            { data: 'control', field: 'value' },
          ],
        },
        range: 'height',
        zero: true,
        nice: true,
      },
    ],
    axes: [left(`${unitName} of heap grown`), bottom('frame', { format: ',d' })],
    marks: [
      {
        type: 'line',
        from: { data: 'control' },
        encode: {
          enter: {
            x: position('x', 'frame'),
            y: position('y', 'value'),
            stroke: colour('quiet'),
            strokeDash: { value: [4, 4] },
          },
        },
      },
      {
        type: 'text',
        from: { data: 'control' },
        encode: {
          enter: {
            x: { signal: '0.6 * width - 8' },
            y: { signal: `scale('y', ${0.6 * dashes[1].value}) - 6` },
            text: { signal: "datum.frame ? 'one new view per frame' : ''" },
            align: { value: 'right' },
            fill: colour('quiet'),
            fontSize: { value: 11 },
          },
        },
      },
      ...overFrames(hue, 'linear'),
    ],
  });
}

export function frequencyResponse(frequencies, gains, hue) {
  const floor = -60;
  const points = frequencies.map((frequency, i) => ({ frequency, gain: Math.max(floor, gains[i]) }));
  return draw({
    size: wide,
    data: [{ name: 'points', values: points }],
    scales: [
      { name: 'x', type: 'log', domain: [frequencies[0], frequencies.at(-1)], range: 'width' },
      { name: 'y', domain: [floor, 6], range: 'height' },
    ],
    axes: [left('gain, dB'), bottom('frequency, Hz', { format: '~s' })],
    marks: [
      {
        type: 'line',
        from: { data: 'points' },
        encode: {
          enter: {
            x: position('x', 'frequency'),
            y: position('y', 'gain'),
            stroke: colour(hue),
            strokeWidth: { value: 2 },
          },
        },
      },
    ],
  });
}
