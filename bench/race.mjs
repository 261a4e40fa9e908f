// Compares cases side by side: calibrated on the fastest of several runs after the optimizer is done, then run in rounds,
// shuffled anew in each. The figure is the median over rounds of the ratio to the first case, with its quartiles; a second
// copy of the first case shows how far ratios stray when nothing differs.

const SAMPLE = 4; // milliseconds that one sample lasts
const ROUNDS = 41;

const quantile = (sorted, q) => sorted[Math.round(q * (sorted.length - 1))];
const ascending = (values) => [...values].sort((a, b) => a - b);
const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function time(run, count) {
  const start = performance.now();
  run(count);
  return performance.now() - start;
}

// How often to repeat a case in one sample. The fastest of several runs: a stall would make the samples too short.
async function calibrate(run) {
  for (let i = 0; i < 30; i++) run(1000);
  await rest(20);
  let count = 1000;
  for (;;) {
    const fastest = Math.min(time(run, count), time(run, count), time(run, count));
    if (fastest > SAMPLE / 2) return Math.ceil((count * SAMPLE) / fastest);
    count *= fastest > 0.1 ? Math.ceil(SAMPLE / fastest) : 10;
  }
}

/**
 * Races `cases`, each [name, run, operations]: `run(count)` repeats what is measured `count` times, `operations` is how many
 * things one repetition does. Returns a row per case.
 */
export async function race(title, cases) {
  const all = [...cases, ['the first one again', cases[0][1], cases[0][2]]];
  const counts = [];
  for (const [, run] of all) counts.push(await calibrate(run));
  const samples = all.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    const order = ascending(all.keys()).map((index) => [Math.random(), index]);
    for (const [, index] of order.sort(([a], [b]) => a - b)) {
      const [, run, operations] = all[index];
      samples[index].push((time(run, counts[index]) * 1e6) / counts[index] / operations);
    }
    await rest(1);
  }
  const rows = all.map(([name], index) => {
    const ratios = ascending(samples[index].map((sample, round) => sample / samples[0][round]));
    return {
      title,
      name,
      ns: quantile(ascending(samples[index]), 0.5),
      ratio: quantile(ratios, 0.5),
      quartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    };
  });
  console.log(`\n${title}`);
  for (const { name, ns, ratio, quartiles } of rows) {
    const range = quartiles.map((value) => value.toFixed(2)).join('-');
    console.log(`  ${name.padEnd(34)}${ns.toFixed(2).padStart(10)} ns${ratio.toFixed(2).padStart(8)} x  [${range}]`);
  }
  return rows;
}
