// Recordings and pictures: from files to samples and pixels, and back.
import { readFile } from 'node:fs/promises';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import wavefile from 'wavefile';
import { UserError } from './options.mjs';

const problems = { ENOENT: 'no such file', EISDIR: 'is a folder', EACCES: 'may not be read' };

async function readBytes(option, file) {
  try {
    return await readFile(file);
  } catch (error) {
    throw new UserError(`${option} ${file}: ${problems[error.code] ?? error.message}; expected the path of a file`);
  }
}

/** The first bytes of a file that is not what was expected, readable. */
function beginning(bytes) {
  if (bytes.length === 0) return 'is empty';
  const text = Array.from(bytes.subarray(0, 12), (byte) =>
    byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.',
  );
  return `begins with "${text.join('')}"`;
}

const describe = { 2: 'ADPCM', 6: 'A-law', 7: 'mu-law', 17: 'ADPCM', 80: 'MPEG', 85: 'MP3' };

/**
 * @returns {Promise<{ bytes: Uint8Array, channels: Float32Array[], sampleRate: number, bitDepth: string }>}
 *   the file as it is, and its samples in -1..1
 */
export async function readRecording(file) {
  const bytes = file ? await readBytes('--wav', file) : new Uint8Array((await import('audio-lena/wav')).default);
  const refuse = (problem, advice) => new UserError(`--wav ${file}: ${problem}; ${advice}`);
  const convert = 'convert it, for example with `ffmpeg -i INPUT -c:a pcm_s16le OUTPUT.wav`';
  const container = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1', 0, 4);
  if (!['RIFF', 'RIFX', 'RF64'].includes(container)) {
    throw refuse(`${beginning(bytes)}, which is not WAV`, `expected a WAV file; ${convert}`);
  }
  let wav;
  try {
    wav = new wavefile.WaveFile(bytes);
  } catch (error) {
    throw refuse(`is a broken WAV file (${error.message})`, 'expected a whole one; get it again');
  }
  const { audioFormat, numChannels, sampleRate, subformat } = wav.fmt;
  const format = audioFormat === 0xfffe ? subformat[0] & 0xffff : audioFormat; // 0xfffe: the format is in the extension
  if (![1, 3].includes(format) || !['8', '16', '24', '32', '32f', '64'].includes(wav.bitDepth)) {
    const name = describe[format] ?? (format === 1 ? `PCM of ${wav.bitDepth} bits` : `format ${format}`);
    throw refuse(`holds ${name}`, `expected PCM of 8, 16, 24 or 32 bits, or float; ${convert}`);
  }
  const { chunkSize, samples } = wav.data;
  if (samples.length < chunkSize && chunkSize !== 0xffffffff) {
    // all ones: a stream of unknown length
    throw refuse(
      `ends after ${samples.length} of its ${chunkSize} bytes of sound`,
      'expected a whole file; get it again',
    );
  }
  if (numChannels < 1 || sampleRate < 1 || samples.length < wav.fmt.blockAlign) {
    throw refuse(`has ${numChannels} channels, ${sampleRate} Hz and ${samples.length} bytes`, 'expected some sound');
  }
  const decoded = wav.getSamples(false, Float32Array);
  const channels = numChannels === 1 ? [decoded] : decoded;
  const scale = integerScale(wav.bitDepth);
  for (const channel of channels) {
    for (let i = 0; i < channel.length; i++) {
      channel[i] = wav.bitDepth === '8' ? (channel[i] - 128) / scale : channel[i] / scale; // 8 bits are unsigned
      if (!Number.isFinite(channel[i])) throw refuse(`sample ${i} is ${channel[i]}`, 'expected finite numbers');
    }
  }
  return { bytes, channels, sampleRate, bitDepth: wav.bitDepth };
}

/** What a sample of 1 is as a number of this depth. */
const integerScale = (bitDepth) => (['32f', '64'].includes(bitDepth) ? 1 : 2 ** (Number(bitDepth) - 1));

export function encodeRecording(channels, sampleRate, bitDepth) {
  const scale = integerScale(bitDepth);
  const encode = (sample) => {
    if (scale === 1) return sample;
    const value = Math.max(-scale, Math.min(scale - 1, Math.round(sample * scale)));
    return bitDepth === '8' ? value + 128 : value;
  };
  const wav = new wavefile.WaveFile();
  wav.fromScratch(
    channels.length,
    sampleRate,
    bitDepth,
    channels.map((channel) => Float64Array.from(channel, encode)),
  );
  return wav.toBuffer();
}

/** @returns {Promise<{ width: number, height: number, pixels: Uint8Array }>} pixels: red, green, blue, alpha */
export async function readPicture(file) {
  const bytes = file ? await readBytes('--picture', file) : await defaultPicture();
  const refuse = (problem, advice) => new UserError(`--picture ${file}: ${problem}; ${advice}`);
  const isPng = bytes.subarray(0, 4).toString('latin1') === '\x89PNG';
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
  if (!isPng && !isJpeg) throw refuse(`${beginning(bytes)}, which is neither PNG nor JPEG`, 'expected one of them');
  let picture;
  try {
    picture = isPng
      ? PNG.sync.read(bytes)
      : jpeg.decode(bytes, { useTArray: true, maxResolutionInMP: 200, maxMemoryUsageInMB: 2048 });
  } catch (error) {
    const format = isPng ? 'PNG' : 'JPEG';
    throw refuse(`is a broken ${format} file (${error.message})`, 'expected a whole one; get it again');
  }
  const { width, height, data } = picture;
  if (width * height > 2e8) throw refuse(`has ${width} x ${height} pixels`, 'expected at most 200 million');
  return { width, height, pixels: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

async function defaultPicture() {
  const { default: uri } = await import('baboon-image-uri');
  return Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64');
}

/** A PNG of one byte per pixel (grey) or four (red, green, blue, alpha). */
export function encodePicture(width, height, pixels) {
  const inputColorType = pixels.length === width * height ? 0 : 6;
  const png = new PNG({ width, height });
  png.data = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.length);
  return PNG.sync.write(png, { inputColorType, colorType: inputColorType, inputHasAlpha: inputColorType === 6 });
}
