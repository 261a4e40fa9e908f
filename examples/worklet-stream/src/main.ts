import { Registry } from 'arena-bind';
import { Ring } from 'arena-bind/ring';
import { lowPass } from './low-pass';
import { COEFFICIENTS, type FilterOptions, type PlayerOptions } from './streams';
import workletUrl from './worklet?worker&url';

const AHEAD = 16384; // samples that the player may be ahead: a third of a second
const SHOWN = 512; // samples that are drawn at once

const element = <T extends Element>(selector: string) => document.querySelector(selector) as T;
const play = element<HTMLButtonElement>('#play');
const cutoff = element<HTMLInputElement>('#cutoff');
const scope = element<HTMLCanvasElement>('canvas');
const figures = element<HTMLElement>('output');
const complaint = element<HTMLElement>('#complaint');

interface Playing {
  stop(): Promise<void>;
}
let playing: Playing | undefined;

async function start(): Promise<Playing> {
  const context = new AudioContext();
  const registry = await Registry.create({ threads: 2, capacity: 1024 * 1024 });
  const played = Ring.create(registry, 'f32', AHEAD);
  const settings = Ring.create(registry, 'f32', 64);
  const heard = Ring.create(registry, 'f32', AHEAD);

  const player = new Worker(new URL('./player.ts', import.meta.url), { type: 'module' });
  player.postMessage({ played: played.handle(), sampleRate: context.sampleRate } satisfies PlayerOptions);

  await context.audioWorklet.addModule(workletUrl);
  while (played.readable < AHEAD / 2) await new Promise((resolve) => setTimeout(resolve, 5));
  const filter = new AudioWorkletNode(context, 'filter', {
    numberOfInputs: 0,
    outputChannelCount: [1],
    processorOptions: {
      registry: registry.handle({ name: 'the worklet' }),
      played: played.handle(),
      settings: settings.handle(),
      heard: heard.handle(),
    } satisfies FilterOptions,
  });
  filter.onprocessorerror = () => complain('The worklet stopped with an error.');
  filter.connect(context.destination);

  const set = () => {
    // All of them or none: the next movement of the slider comes soon.
    if (settings.writable < COEFFICIENTS) return;
    settings.write(lowPass(2 ** cutoff.valueAsNumber, context.sampleRate));
  };
  set();
  cutoff.oninput = set;

  const samples = new Float32Array(SHOWN);
  let seen = 0; // samples
  let request = 0;
  const draw = () => {
    while (heard.readable >= SHOWN) seen += heard.read(samples);
    trace(samples);
    figures.textContent = `${Math.floor(seen / 128)} quanta heard, ${played.underruns} samples came too late`;
    request = requestAnimationFrame(draw);
  };
  draw();

  return {
    async stop() {
      cancelAnimationFrame(request);
      player.terminate();
      await context.close();
      registry.dispose();
    },
  };
}

function trace(samples: Float32Array): void {
  const context = scope.getContext('2d') as CanvasRenderingContext2D;
  context.clearRect(0, 0, scope.width, scope.height);
  context.strokeStyle = '#7fd6c2';
  context.beginPath();
  for (let i = 0; i < samples.length; i++) {
    context.lineTo((i / samples.length) * scope.width, (0.5 - samples[i] * 1.5) * scope.height);
  }
  context.stroke();
}

const complain = (text: string) => {
  complaint.textContent = text;
};

play.addEventListener('click', async () => {
  complain('');
  try {
    if (playing === undefined) playing = await start();
    else {
      await playing.stop();
      playing = undefined;
    }
  } catch (error) {
    complain(`Play: ${error instanceof Error ? error.message : error}`);
  }
  play.textContent = playing === undefined ? 'Play' : 'Stop';
});
