// node main.js in.wav out.wav --bass 4 --mid 0 --treble -2 --ceiling -1
import { parseArgs } from 'node:util';
import { filterSound } from './chain.js';
import { readWav, writeWav } from './wav.js';

const USAGE = `usage: npm start -- in.wav out.wav [--bass dB] [--mid dB] [--treble dB] [--ceiling dB]
  bass, mid and treble: -24 to 24, 0 when left out; ceiling: -60 to 0, -1 when left out`;

/** @param {string[]} args */
function parse(args) {
  const option = /** @type {const} */ ({ type: 'string' });
  const { positionals, values } = parseArgs({
    args: joinNegatives(args),
    allowPositionals: true,
    options: { bass: option, mid: option, treble: option, ceiling: option },
  });
  const [input, output] = positionals;
  if (positionals.length !== 2) throw new Error(`expected two files, not ${positionals.length}\n${USAGE}`);
  /**
   * @param {keyof typeof values} name
   * @param {number} least
   * @param {number} most
   * @param {number} otherwise
   */
  const decibels = (name, least, most, otherwise) => {
    const text = values[name];
    const value = text === undefined ? otherwise : Number(text || 'none');
    if (value >= least && value <= most) return value;
    throw new Error(`--${name} is ${JSON.stringify(text)}: expected a number from ${least} to ${most}`);
  };
  const settings = {
    bass: decibels('bass', -24, 24, 0),
    mid: decibels('mid', -24, 24, 0),
    treble: decibels('treble', -24, 24, 0),
    ceiling: decibels('ceiling', -60, 0, -1),
  };
  return { input, output, settings };
}

/** `--treble -2` as `--treble=-2`: parseArgs takes a value that begins with a minus for an option. @param {string[]} args */
function joinNegatives(args) {
  /** @type {string[]} */
  const joined = [];
  for (const arg of args) {
    if (/^-[\d.]/.test(arg) && joined.at(-1)?.startsWith('--')) joined.push(`${joined.pop()}=${arg}`);
    else joined.push(arg);
  }
  return joined;
}

/**
 * @param {string} name
 * @param {import('./chain.js').Meter} meter
 * @param {number} samples
 */
function print(name, { peak, energy }, samples) {
  const decibels = (/** @type {number} */ ratio) => `${(20 * Math.log10(ratio)).toFixed(1)} dB`.padStart(10);
  console.log(`${name} peak ${decibels(peak)}, rms ${decibels(Math.sqrt(energy / samples))}`);
}

async function main() {
  const { input, output, settings } = parse(process.argv.slice(2));
  const sound = await readWav(input);
  const { channels, rate, depth } = sound;
  const { before, after, stats } = await filterSound(channels, rate, settings);
  await writeWav(output, sound);

  const samples = channels.length * channels[0].length;
  console.log(`${input}: ${(channels[0].length / rate).toFixed(1)} s, ${channels.length} x ${rate} Hz, ${depth}`);
  print('before:', before, samples);
  print('after: ', after, samples);
  console.log(`${stats.epoch} frames, ${stats.persistent} bytes of state, at most ${stats.peak} bytes per frame`);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
