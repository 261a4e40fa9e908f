import { PARAMETERS, type ParameterName } from './parameters';
import { ask, createPlate, parameterOf } from './plate';
import { renderStrings } from './strings';
import { encodeWav } from './wav';

const TAIL = 4; // seconds that a saved file goes on after the sound
const FOLLOW = 0.03; // seconds in which a parameter goes most of the way: no clicks
const element = <T extends Element>(selector: string) => document.querySelector(selector) as T;

const play = element<HTMLButtonElement>('#play');
const save = element<HTMLButtonElement>('#save');
const file = element<HTMLInputElement>('#file');
const scope = element<HTMLCanvasElement>('canvas');
const figures = element<HTMLElement>('output');
const complaint = element<HTMLElement>('#complaint');
const slider = (name: ParameterName) => element<HTMLInputElement>(`#${name}`);

for (const { name, minValue, maxValue, defaultValue } of PARAMETERS) {
  const input = slider(name);
  input.min = String(minValue);
  input.max = String(maxValue);
  input.step = '0.001';
  input.valueAsNumber = defaultValue;
}

let playing: { context: AudioContext; plate: AudioWorkletNode; source: AudioBufferSourceNode } | undefined;
let chosen: File | undefined; // instead of the strings

const soundFor = async (context: BaseAudioContext): Promise<AudioBuffer> =>
  chosen === undefined ? renderStrings(context) : context.decodeAudioData(await chosen.arrayBuffer());

/** From the sound through the plate. */
async function connect(context: BaseAudioContext, sound: AudioBuffer) {
  const plate = await createPlate(context);
  for (const { name } of PARAMETERS) parameterOf(plate, name).value = slider(name).valueAsNumber;
  const source = new AudioBufferSourceNode(context, { buffer: sound });
  source.connect(plate);
  source.start();
  return { plate, source };
}

async function start(): Promise<void> {
  const context = new AudioContext();
  const { plate, source } = await connect(context, await soundFor(context));
  plate.onprocessorerror = () => complain('The worklet stopped with an error.');
  source.loop = true;
  const analyser = new AnalyserNode(context, { fftSize: 2048 });
  plate.connect(analyser).connect(context.destination);
  playing = { context, plate, source };
  play.textContent = 'Stop';
  drawScope(analyser);
}

async function stop(): Promise<void> {
  play.textContent = 'Play';
  const { context } = playing as { context: AudioContext };
  playing = undefined;
  await context.close();
}

async function render(): Promise<void> {
  const { sampleRate } = playing?.context ?? { sampleRate: 48_000 };
  // Decodes to that rate; its own length means nothing.
  const sound = await soundFor(new OfflineAudioContext(2, 1, sampleRate));
  const context = new OfflineAudioContext(2, sound.length + TAIL * sampleRate, sampleRate);
  const { plate } = await connect(context, sound);
  plate.connect(context.destination);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(encodeWav(await context.startRendering()));
  link.download = 'plate.wav';
  link.click();
  URL.revokeObjectURL(link.href);
}

function drawScope(analyser: AnalyserNode): void {
  const context = scope.getContext('2d') as CanvasRenderingContext2D;
  const samples = new Float32Array(analyser.fftSize);
  const draw = () => {
    if (analyser.context !== playing?.context) return;
    analyser.getFloatTimeDomainData(samples);
    context.clearRect(0, 0, scope.width, scope.height);
    context.strokeStyle = '#7fd6c2';
    context.beginPath();
    samples.forEach((sample, i) => {
      context.lineTo((i / samples.length) * scope.width, (0.5 - sample * 0.6) * scope.height);
    });
    context.stroke();
    requestAnimationFrame(draw);
  };
  draw();
}

const complain = (text: string) => {
  complaint.textContent = text;
};

/** Runs what a user has asked for; what goes wrong is said on the page. */
async function attempt(what: string, action: () => Promise<void>): Promise<void> {
  complain('');
  try {
    await action();
  } catch (error) {
    complain(`${what}: ${error instanceof Error ? error.message : error}`);
  }
}

play.addEventListener('click', () => attempt('Play', playing === undefined ? start : stop));
save.addEventListener('click', () => attempt('Save', render));
file.addEventListener('change', () => {
  chosen = file.files?.[0];
  if (playing !== undefined) attempt(chosen?.name ?? 'The strings', () => stop().then(start));
});
for (const { name } of PARAMETERS) {
  slider(name).addEventListener('input', () => {
    if (playing === undefined) return;
    const { context, plate } = playing;
    parameterOf(plate, name).setTargetAtTime(slider(name).valueAsNumber, context.currentTime, FOLLOW);
  });
}

setInterval(async () => {
  if (playing === undefined) return;
  const { quanta, persistent, peak } = await ask(playing.plate);
  figures.textContent =
    `${quanta} quanta; arena: ${(persistent / 1024).toFixed(0)} KiB of delay lines, ` +
    `${(peak / 1024).toFixed(1)} KiB per quantum, taken back after each`;
}, 250);
