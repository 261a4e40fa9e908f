// Runs the demo. tools/demo.mjs starts it, with the flags for Node that the meter needs.
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { basename, join } from 'node:path';
import { Registry } from 'arena-bind';
import { gains } from './filters.mjs';
import { encodePicture, encodeRecording, readPicture, readRecording } from './media.mjs';
import { measure, warmUp } from './meter.mjs';
import { readOptions, UserError } from './options.mjs';
import { capacityFor, Picture } from './picture.mjs';
import { reportPage } from './report.mjs';
import { impulseResponse, Sound } from './sound.mjs';
import { formatBytes, formatCount, resultRows, table } from './text.mjs';

const warmUpFrames = 20_000; // enough for every function on the way to be compiled for good

/** Shows how far a part is: a bar on a terminal, elsewhere its beginning. */
function progress(name) {
  const { stderr } = process;
  if (!stderr.isTTY) stderr.write(`${name} ...\n`);
  const show = (share) => {
    if (!stderr.isTTY) return;
    const filled = Math.round(share * 30);
    const bar = '█'.repeat(filled) + '░'.repeat(30 - filled);
    stderr.write(`\r${name.padEnd(28)} ${bar} ${Math.round(share * 100)} %${share === 1 ? '\n' : ''}`);
  };
  show(0);
  return show;
}

/** A frame as it would be without the arena's views: one new one. It shows that the meter sees garbage. */
class Control {
  frames = 5 * warmUpFrames;
  buffer = new ArrayBuffer(512);
  start() {}
  prepare() {}
  run() {
    this.view = new Float32Array(this.buffer, 0, 128);
    return 0;
  }
  finish() {}
}

async function measureSound(registry, recording) {
  const sound = new Sound(registry, recording);
  const onProgress = progress(`sound, ${formatCount(sound.frames)} frames`);
  await warmUp(new Sound(registry, recording, warmUpFrames), sound);
  const result = await measure(sound, { onProgress });
  return { ...result, peakBytes: registry.stats.peak, filtered: sound.filtered };
}

async function measurePicture(registry, picture, frames) {
  const job = new Picture(registry, picture, frames);
  const small = { width: 16, height: 16, pixels: new Uint8Array(16 * 16 * 4) };
  const onProgress = progress(`picture, ${formatCount(frames)} frames`);
  await warmUp(new Picture(registry, small, warmUpFrames), job);
  const result = await measure(job, { onProgress });
  job.prepare(0);
  job.run(); // leaves what belongs to the picture as it was given
  return { ...result, peakBytes: registry.stats.peak, job };
}

async function writeFiles(folder, files) {
  try {
    await mkdir(folder, { recursive: true });
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  } catch (error) {
    throw new UserError(`--out ${folder}: ${error.message}; expected a folder that can be written to`);
  }
}

function describeMachine() {
  const { version, platform, arch } = process;
  return `Node ${version} on ${platform} ${arch}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'processor'}`;
}

/** What a `src` attribute holds: the file itself unless it would make the page too heavy. */
function link(name, bytes) {
  if (bytes.length > 2 ** 21) return name;
  const type = name.endsWith('.wav') ? 'audio/wav' : 'image/png';
  return `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
}

async function main(args) {
  const options = readOptions(args);
  const [recording, picture] = await Promise.all([readRecording(options.wav), readPicture(options.picture)]);
  await writeFiles(options.out, {}); // says so now when it can't, not after the work

  const forSound = await Registry.create();
  const { filtered, ...sound } = await measureSound(forSound, recording);
  const answer = impulseResponse(forSound, recording.sampleRate);
  forSound.dispose();
  const forPicture = await Registry.create({ capacity: capacityFor(picture) });
  const { job, ...pictureResult } = await measurePicture(forPicture, picture, options.frames);
  forPicture.dispose();
  await measure(new Control());
  const results = { sound, picture: pictureResult, control: await measure(new Control()) };

  const { sampleRate, channels } = recording;
  const { width, height } = picture;
  const files = {
    'before.wav': recording.bytes,
    'after.wav': encodeRecording(filtered, sampleRate, recording.bitDepth),
    'before.png': encodePicture(width, height, picture.pixels),
    'luma.png': encodePicture(width, height, job.luma),
    'blur.png': encodePicture(width, height, job.blurred),
    'after.png': encodePicture(width, height, job.edges),
  };
  const nyquist = sampleRate / 2;
  const frequencies = Array.from({ length: 200 }, (_, i) => 20 * (nyquist / 20) ** (i / 199));
  files['report.html'] = await reportPage({
    results,
    recording: {
      name: options.wav ? basename(options.wav) : 'audio-lena',
      channels: channels.length,
      sampleRate,
      seconds: channels[0].length / sampleRate,
    },
    picture: { name: options.picture ? basename(options.picture) : 'baboon-image-uri', width, height },
    response: { frequencies, gains: gains(answer, frequencies, sampleRate) },
    machine: describeMachine(),
    links: Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, link(name, bytes)])),
  });
  await writeFiles(options.out, files);

  console.log(`\n${table(resultRows(results))}\n`);
  const { control } = results;
  console.log(
    `For comparison, one new view in each frame: ${formatBytes(control.heapBytesPerFrame ?? 0)} of heap per frame, ` +
      `collections in ${formatCount(control.frames)} frames: ${formatCount(control.collections)}.`,
  );
  console.log(`Written to ${options.out}: ${Object.keys(files).join(', ')}.`);
  if (options.json) {
    const row = ({ frames, p50, p99, collections, heapBytesPerFrame, peakBytes }) => {
      const unit = 'ns'; // of p50 and p99
      return { frames, p50: Math.round(p50), p99: Math.round(p99), unit, collections, heapBytesPerFrame, peakBytes };
    };
    console.log(JSON.stringify({ sound: row(sound), picture: row(pictureResult) }));
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof UserError ? `demo: ${error.message}` : error);
  process.exitCode = 1;
}
