import { arenaUse, frequencyResponse, heapGrowth, timeHistogram } from './charts.mjs';
import { formatBytes, formatCount, formatTime, resultRows } from './text.mjs';

const style = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1a1f29; --quiet: #5d6675; --line: #e3e6eb;
  --sound: #2563c9; --picture: #b4530a; --good: #12733b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #11141a; --card: #1a1f28; --ink: #e9edf3; --quiet: #9aa5b5; --line: #2c3440;
    --sound: #77aaff; --picture: #f5a65b; --good: #5fd08f;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: clamp(16px, 4vw, 48px); max-width: 1180px;
  background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif;
}
h1 { font-size: clamp(24px, 4vw, 34px); line-height: 1.2; margin: 0 0 8px; letter-spacing: -0.02em; }
h2 { font-size: 21px; margin: 44px 0 4px; }
p { margin: 0 0 16px; max-width: 72ch; }
.quiet, figcaption, th, dt { color: var(--quiet); }
.grid { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 310px), 1fr)); }
.tiles { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); margin: 24px 0 0; }
.tiles > div, figure, .card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.tiles > div { padding: 14px 16px; }
dt { font-size: 13.5px; }
dd { margin: 0; font-size: 25px; font-weight: 650; letter-spacing: -0.01em; font-variant-numeric: tabular-nums; }
dd small { font-size: 13.5px; font-weight: 400; color: var(--quiet); display: block; letter-spacing: 0; }
.good { color: var(--good); }
figure { margin: 0; padding: 14px 16px; min-width: 0; }
figcaption { font-size: 14px; margin-bottom: 10px; }
figcaption b { color: var(--ink); display: block; font-size: 15px; }
figure svg { width: 100%; height: auto; display: block; }
.pictures { grid-template-columns: repeat(auto-fit, minmax(min(40%, 210px), 1fr)); }
.pictures figure { padding: 10px; }
.pictures img { width: 100%; height: auto; display: block; border-radius: 6px; }
.pictures figcaption { margin: 8px 2px 0; }
audio { width: 100%; display: block; }
.top { margin-bottom: 16px; }
.players { display: grid; gap: 16px; align-content: stretch; }
.card { max-width: 640px; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 9px 16px; text-align: right; border-top: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
thead th { border-top: 0; font-weight: 500; font-size: 14px; }
footer { margin-top: 44px; font-size: 14px; }
`;

const escapeHtml = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

const figure = (title, caption, body) => `<figure><figcaption><b>${title}</b>${caption}</figcaption>${body}</figure>`;

const tile = (name, value, note, good = false) =>
  `<div><dt>${name}</dt><dd${good ? ' class="good"' : ''}>${value}<small>${note}</small></dd></div>`;

/** With the jobs side by side, which fits a telephone. */
function resultTable(results) {
  const [names, ...jobs] = resultRows(results);
  const row = (tag, i) => `<tr>${[names, ...jobs].map((cells) => `<${tag}>${cells[i]}</${tag}>`).join('')}</tr>`;
  const body = names.slice(1).map((_, i) => row('td', i + 1));
  return `<div class="card"><table><thead>${row('th', 0)}</thead><tbody>${body.join('\n')}</tbody></table></div>`;
}

async function measured({ times, used, heap, p50, p99, frames }, control, hue) {
  const longest = times.reduce((a, b) => Math.max(a, b));
  return [
    figure(
      'Frame time',
      `${formatCount(frames)} frames, the longest ${formatTime(longest)}`,
      await timeHistogram(times, p50, p99, hue),
    ),
    figure('Arena use', 'at the end of each frame, before the reset', await arenaUse(used, hue)),
    figure('JavaScript heap', 'grown since the first frame', await heapGrowth(heap, control, hue)),
  ].join('\n');
}

/**
 * @param results what measure() returned for `sound`, `picture` and `control`, with `peakBytes`
 * @param links what `src` attributes hold for each file: { 'before.wav': ... }
 */
export async function reportPage({ results, recording, picture, response, machine, links }) {
  const { sound, picture: frames, control } = results;
  const quantumTime = (128 / recording.sampleRate) * 1e9;
  const collections = sound.collections + frames.collections;
  const weights = [sound.heapBytesPerFrame, frames.heapBytesPerFrame];
  const heapBytes = weights.includes(null) ? null : Math.max(...weights);
  const perFrame = control.heapBytesPerFrame ?? 0;
  const tiles = [
    tile(
      'Collections',
      formatCount(collections),
      `in ${formatCount(sound.frames + frames.frames)} frames`,
      collections < 1,
    ),
    tile(
      'Heap per frame',
      heapBytes === null ? 'unknown' : formatBytes(heapBytes),
      'the larger of both',
      heapBytes !== null && heapBytes < 1,
    ),
    tile('Sound, p99', formatTime(sound.p99), `of the ${formatTime(quantumTime)} that 128 samples last`),
    tile('Picture, p99', formatTime(frames.p99), `${picture.width} × ${picture.height} pixels`),
  ];
  const player = (name, caption) =>
    figure(name, caption, `<audio controls preload="metadata" src="${links[caption]}"></audio>`);
  const image = (name, caption) =>
    `<figure><img src="${links[name]}" alt="${caption}"><figcaption>${caption}</figcaption></figure>`;
  const curve = await frequencyResponse(response.frequencies, response.gains, 'sound');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>arena-bind: sound and pictures, frame by frame</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>Sound and pictures through the arena, frame by frame</h1>
<p class="quiet">Each frame takes its memory from one WebAssembly arena, runs C++ kernels on it and gives everything
back with one reset.</p>
<dl class="tiles">
${tiles.join('\n')}
</dl>
</header>
<main>
<h2>Sound</h2>
<p class="quiet">${escapeHtml(recording.name)}: ${recording.channels} channel${recording.channels === 1 ? '' : 's'},
${formatCount(recording.sampleRate)} Hz, ${recording.seconds.toFixed(1)} s. In quanta of 128 samples through
<code>biquad</code> (high-pass, 300 Hz) and <code>fir</code> (low-pass, 3,400 Hz, 127 taps); what they remember lies in
persistent blocks.</p>
<div class="grid top">
<div class="players">${player('Before', 'before.wav')}${player('After', 'after.wav')}</div>
${figure('What the filters do', 'measured: an impulse through the same kernels', curve)}
</div>
<div class="grid">
${await measured(sound, perFrame, 'sound')}
</div>
<h2>Picture</h2>
<p class="quiet">${escapeHtml(picture.name)}: a camera moves over it, one pixel per frame, and each frame goes
through <code>rgba_to_luma</code>, <code>gaussian_blur</code> and <code>sobel</code>.</p>
<div class="grid top pictures">
${image('before.png', 'Before')}${image('luma.png', 'Luma')}
${image('blur.png', 'Blurred')}${image('after.png', 'After: edges')}
</div>
<div class="grid">
${await measured(frames, perFrame, 'picture')}
</div>
<h2>The table</h2>
<p class="quiet">Peak arena use is that of the largest frame, with what kernels take for themselves.</p>
${resultTable(results)}
</main>
<footer class="quiet">
<p>How it was measured: after a warm-up that lasted until the compiler was done, each job ran twice. First without a
clock, because reading one leaves numbers on the heap: <code>process.memoryUsage().heapUsed</code> before and after each
of 60 slices of frames, less what the reading itself leaves, and the <code>gc</code> entries of a
<code>PerformanceObserver</code> that fell into those slices. Then with <code>performance.now()</code> around each
frame. The young generation was 1 MiB, so that little garbage would be enough to call the collector: a control
that makes one new view per frame left ${formatBytes(perFrame)} per frame and called it
${formatCount(control.collections)} times in
${formatCount(control.frames)} frames.</p>
<p>${escapeHtml(machine)}</p>
</footer>
</body>
</html>
`;
}
