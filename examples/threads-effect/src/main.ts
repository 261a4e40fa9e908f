import { drawScene } from './scene';
import { createSmoother } from './smoother';

const WIDTH = 480; // pixels: larger pictures are scaled down
const element = <T extends Element>(selector: string) => document.querySelector(selector) as T;

const canvas = element<HTMLCanvasElement>('canvas');
const radius = element<HTMLInputElement>('#radius');
const contrast = element<HTMLInputElement>('#contrast');
const file = element<HTMLInputElement>('#file');
const figures = element<HTMLElement>('output');
const complaint = element<HTMLElement>('#complaint');

// Its pixels are read in every frame, so they had better not lie on the graphics card.
const source = document
  .createElement('canvas')
  .getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
const screen = canvas.getContext('2d') as CanvasRenderingContext2D;

const smoother = await createSmoother();
const { count, why } = smoother.threads;
element('#threads').textContent = count === 1 ? `One thread: ${why?.split('\n')[0]}` : `${count} threads.`;

let draw: (seconds: number) => void;
let compare = false;
let milliseconds = 0; // per frame, smoothed

/** From now on each frame is what `drawing` draws on a canvas of these proportions. */
function show(width: number, height: number, drawing: typeof draw): void {
  const scale = Math.min(1, WIDTH / width);
  source.canvas.width = canvas.width = Math.round(width * scale);
  source.canvas.height = canvas.height = Math.round(height * scale);
  draw = drawing;
}

function showScene(): void {
  show(WIDTH, 300, (seconds) => drawScene(source, seconds));
}

async function showPicture(picture: Blob): Promise<void> {
  const bitmap = await createImageBitmap(picture);
  show(bitmap.width, bitmap.height, () => source.drawImage(bitmap, 0, 0, canvas.width, canvas.height));
}

function frame(time: number): void {
  draw(time / 1000);
  const pixels = source.getImageData(0, 0, canvas.width, canvas.height);
  const start = performance.now();
  if (!compare) smoother.smooth(pixels, radius.valueAsNumber, contrast.valueAsNumber);
  milliseconds += (performance.now() - start - milliseconds) * 0.1;
  screen.putImageData(pixels, 0, 0);
  figures.textContent = `${canvas.width} x ${canvas.height}, ${milliseconds.toFixed(1)} ms per frame`;
  requestAnimationFrame(frame);
}

element('#scene').addEventListener('click', () => {
  complaint.textContent = '';
  showScene();
});
file.addEventListener('change', async () => {
  const [picture] = file.files ?? [];
  if (picture === undefined) return;
  complaint.textContent = '';
  try {
    await showPicture(picture);
  } catch (error) {
    complaint.textContent = `${picture.name}: ${error instanceof Error ? error.message : error}`;
  }
});
canvas.addEventListener('pointerdown', () => {
  compare = true;
});
document.addEventListener('pointerup', () => {
  compare = false;
});

showScene();
requestAnimationFrame(frame);
