// WAV files as channels of floats from -1 to 1, and back in the format that they came in.
import { readFile, writeFile } from 'node:fs/promises';
import wavefile from 'wavefile';

/** Of whole numbers, the one that full scale stands for; floats are what they are. */
const FULL_SCALE = new Map([
  ['16', 2 ** 15],
  ['24', 2 ** 23],
  ['32', 2 ** 31],
  ['32f', 1],
  ['64', 1],
]);
const MOST_CHANNELS = 8;

/** @typedef {{ channels: Float32Array[], rate: number, depth: string }} Sound */

/**
 * @param {string} path
 * @returns {Promise<Sound>}
 */
export async function readWav(path) {
  const bytes = await readFile(path).catch((error) => {
    throw new Error(`${path}: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}`);
  });
  const wav = new wavefile.WaveFile();
  try {
    wav.fromBuffer(bytes);
  } catch (error) {
    throw new Error(
      `${path}: this is no WAV file, or a damaged one (${error instanceof Error ? error.message : error})`,
    );
  }
  const { numChannels, sampleRate } = /** @type {{ numChannels: number, sampleRate: number }} */ (wav.fmt);
  const full = FULL_SCALE.get(wav.bitDepth);
  if (full === undefined) {
    throw new Error(`${path}: its samples are of the kind "${wav.bitDepth}": expected 16, 24 or 32 bits, or floats`);
  }
  if (numChannels < 1 || numChannels > MOST_CHANNELS) {
    throw new Error(`${path}: it has ${numChannels} channels: expected 1 to ${MOST_CHANNELS}`);
  }
  const samples = /** @type {Float64Array} */ (wav.getSamples(true, Float64Array)); // of all channels in turn
  const length = Math.floor(samples.length / numChannels);
  if (length === 0) throw new Error(`${path}: there is no sound in it`);
  const channels = Array.from({ length: numChannels }, (_, c) =>
    Float32Array.from({ length }, (_, i) => samples[i * numChannels + c] / full),
  );
  return { channels, rate: sampleRate, depth: wav.bitDepth };
}

/**
 * @param {string} path
 * @param {Sound} sound
 */
export async function writeWav(path, { channels, rate, depth }) {
  const full = FULL_SCALE.get(depth) ?? 1;
  const samples = new Float64Array(channels.length * channels[0].length);
  for (let c = 0; c < channels.length; c++) {
    for (let i = 0; i < channels[c].length; i++) {
      const value = channels[c][i] * full;
      const whole = Math.max(-full, Math.min(full - 1, Math.round(value)));
      samples[i * channels.length + c] = full === 1 ? value : whole;
    }
  }
  const wav = new wavefile.WaveFile();
  wav.fromScratch(channels.length, rate, depth, samples);
  await writeFile(path, wav.toBuffer());
}
