import { createRenderer } from './renderer';
import { createSimulation, HEIGHT, type Pointer, WIDTH } from './simulation';

const element = <T extends Element>(selector: string) => document.querySelector(selector) as T;

const canvas = element<HTMLCanvasElement>('canvas');
const count = element<HTMLInputElement>('#count');
const gravity = element<HTMLInputElement>('#gravity');
const bounce = element<HTMLInputElement>('#bounce');
const figures = element<HTMLElement>('output');

const simulation = await createSimulation();
const render = createRenderer(canvas);
const pointer: Pointer = { x: 0, y: 0, pull: 0 };
const settings = { gravity: 0, bounce: 1 };

const restart = () => simulation.start(count.valueAsNumber);
const adjust = () => {
  settings.gravity = gravity.valueAsNumber;
  settings.bounce = bounce.valueAsNumber;
};
count.addEventListener('input', restart);
element('#restart').addEventListener('click', restart);
gravity.addEventListener('input', adjust);
bounce.addEventListener('input', adjust);

function follow(event: PointerEvent): void {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  pointer.x = ((event.clientX - left) / width) * WIDTH;
  pointer.y = ((event.clientY - top) / height) * HEIGHT;
  pointer.pull = event.buttons === 0 ? 0 : event.shiftKey || event.buttons === 2 ? -60 : 30;
}
for (const type of ['pointerdown', 'pointermove', 'pointerup', 'pointerleave'] as const) {
  canvas.addEventListener(type, follow);
}
canvas.addEventListener('contextmenu', (event) => event.preventDefault());

let last = performance.now();
let milliseconds = 0; // in C++ per frame, smoothed
let frames = 0;

function frame(time: number): void {
  const seconds = (time - last) / 1000;
  last = time;
  const start = performance.now();
  if (seconds > 0) simulation.advance(seconds, pointer, settings);
  milliseconds += (performance.now() - start - milliseconds) * 0.1;
  render(simulation.particles);
  if (++frames % 15 === 0) show();
  requestAnimationFrame(frame);
}

function show(): void {
  const { particles, energy, firstEnergy, stats } = simulation;
  figures.textContent =
    `${particles.length} particles, ${milliseconds.toFixed(1)} ms per frame in C++, ` +
    `energy ${((energy / firstEnergy) * 100).toFixed(2)} % of the first; ` +
    `arena: ${(stats.persistent / 1024).toFixed(0)} KiB persistent, ${(stats.peak / 1024).toFixed(0)} KiB per step`;
}

adjust();
restart();
requestAnimationFrame(frame);
