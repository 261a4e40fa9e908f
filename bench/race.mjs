// Compares cases side by side: calibrated on the fastest of several runs after the optimizer is done, then run in rounds,
// shuffled anew in each. The figure is the median over rounds of the ratio to the first case, with its quartiles; a second
// copy of the first case shows how far ratios stray when nothing differs. Processor time, of all threads together, is told in
// the same way: it strays less where other programs run, and shows what sharing work costs.

const SAMPLE = 4; // milliseconds that one sample lasts
const ROUNDS = 41;

const quantile = (sorted, q) => sorted[Math.round(q * (sorted.length - 1))];
const ascending = (values) => [...values].sort((a, b) => a - b);
const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function time(run, count) {
  const start = performance.now();
  const made = run(count);
  if (made) await made;
  return performance.now() - start;
}

// How often to repeat a case in one sample. The fastest of several runs: a stall would make the samples too short.
async function calibrate(run, first) {
  for (let i = 0; i < 30; i++) await run(first);
  await rest(20);
  let count = first;
  for (;;) {
    const fastest = Math.min(await time(run, count), await time(run, count), await time(run, count));
    if (fastest > SAMPLE / 2) return Math.ceil((count * SAMPLE) / fastest);
    count *= fastest > 0.1 ? Math.ceil(SAMPLE / fastest) : 10;
  }
}

/**
 * Races `cases`, each [name, run, operations]: `run(count)` repeats what is measured `count` times, `operations` is how many
 * things one repetition does. What takes long is repeated `first` times to begin with. Returns a row per case.
 */
export async function race(title, cases, first = 1000) {
  const all = [...cases, ['the first one again', cases[0][1], cases[0][2]]];
  const counts = [];
  for (const [, run] of all) counts.push(await calibrate(run, first));
  const samples = all.map(() => []);
  const usages = all.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    const order = ascending(all.keys()).map((index) => [Math.random(), index]);
    for (const [, index] of order.sort(([a], [b]) => a - b)) {
      const [, run, operations] = all[index];
      const things = counts[index] * operations;
      const before = process.cpuUsage();
      samples[index].push(((await time(run, counts[index])) * 1e6) / things);
      const { user, system } = process.cpuUsage(before);
      usages[index].push((user + system) / things);
    }
    await rest(1);
  }
  const against = (values, index) => ascending(values[index].map((value, round) => value / values[0][round]));
  const rows = all.map(([name], index) => {
    const ratios = against(samples, index);
    return {
      title,
      name,
      ns: quantile(ascending(samples[index]), 0.5),
      ratio: quantile(ratios, 0.5),
      quartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
      cpu: quantile(against(usages, index), 0.5),
    };
  });
  console.log(`\n${title}`);
  for (const { name, ns, ratio, quartiles, cpu } of rows) {
    const range = `[${quartiles.map((value) => value.toFixed(2)).join('-')}]`;
    const figures = `${ratio.toFixed(2).padStart(8)} x  ${range.padEnd(14)} cpu ${cpu.toFixed(2)} x`;
    console.log(`  ${name.padEnd(44)}${duration(ns)}${figures}`);
  }
  return rows;
}

const duration = (ns) =>
  ns < 1e4 ? `${ns.toFixed(2).padStart(10)} ns` : `${(ns / 1e3).toFixed(ns < 1e6 ? 1 : 0).padStart(10)} µs`;

/**
 * What single events take, in microseconds: `cases` are [name, run], and `run()` gives how long it took; in rounds, shuffled
 * anew in each. Returns a row per case.
 */
export async function sample(title, cases, rounds) {
  const samples = cases.map(() => []);
  for (let round = -3; round < rounds; round++) {
    const order = cases.map((_, index) => [Math.random(), index]).sort(([a], [b]) => a - b);
    for (const [, index] of order) {
      const took = await cases[index][1]();
      if (round >= 0) samples[index].push(took);
    }
  }
  console.log(`\n${title}`);
  return cases.map(([name], index) => {
    const sorted = ascending(samples[index]);
    const [us, ...quartiles] = [0.5, 0.25, 0.75].map((q) => quantile(sorted, q));
    const range = quartiles.map((value) => value.toFixed(1)).join('-');
    console.log(`  ${name.padEnd(44)}${us.toFixed(1).padStart(10)} µs  [${range}]`);
    return { title, name, us, quartiles };
  });
}
