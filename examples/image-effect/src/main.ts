import { createPainter } from './painter';
import { drawScene } from './scene';

const WIDTH = 800; // pixels: larger pictures are scaled down
const element = <T extends Element>(selector: string) => document.querySelector(selector) as T;

const canvas = element<HTMLCanvasElement>('canvas');
const brush = element<HTMLInputElement>('#brush');
const file = element<HTMLInputElement>('#file');
const figures = element<HTMLElement>('output');
const complaint = element<HTMLElement>('#complaint');

const screen = canvas.getContext('2d') as CanvasRenderingContext2D;
// Its pixels are read in every frame, so they had better not lie on the graphics card.
const source = document
  .createElement('canvas')
  .getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;

const painter = await createPainter();
const video = document.createElement('video');
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

function stopCamera(): void {
  for (const track of (video.srcObject as MediaStream | null)?.getTracks() ?? []) track.stop();
  video.srcObject = null;
}

function showScene(): void {
  stopCamera();
  show(WIDTH, 500, (seconds) => drawScene(source, seconds));
}

async function showCamera(): Promise<void> {
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: WIDTH } });
  await video.play();
  show(video.videoWidth, video.videoHeight, () => source.drawImage(video, 0, 0, canvas.width, canvas.height));
}

async function showPicture(picture: Blob): Promise<void> {
  const bitmap = await createImageBitmap(picture);
  stopCamera();
  show(bitmap.width, bitmap.height, () => source.drawImage(bitmap, 0, 0, canvas.width, canvas.height));
}

function frame(time: number): void {
  draw(time / 1000);
  const pixels = source.getImageData(0, 0, canvas.width, canvas.height);
  const start = performance.now();
  if (compare) screen.putImageData(pixels, 0, 0);
  else painter.paint(pixels, brush.valueAsNumber, (painted) => screen.putImageData(painted, 0, 0));
  milliseconds += (performance.now() - start - milliseconds) * 0.1;
  const { pixels: bytes, peak } = painter.memory;
  figures.textContent =
    `${canvas.width} x ${canvas.height}, ${milliseconds.toFixed(1)} ms per frame; arena: ` +
    `${(bytes / 2 ** 20).toFixed(1)} MiB of pixels, ${(peak / 2 ** 20).toFixed(1)} MiB with the kernel's tables`;
  requestAnimationFrame(frame);
}

/** Runs what a user has asked for; what goes wrong is said on the page. */
async function attempt(what: string, action: () => void | Promise<void>): Promise<void> {
  complaint.textContent = '';
  try {
    await action();
  } catch (error) {
    complaint.textContent = `${what}: ${error instanceof Error ? error.message : error}`;
  }
}

element('#scene').addEventListener('click', () => attempt('The landscape', showScene));
element('#camera').addEventListener('click', () => attempt('The camera', showCamera));
file.addEventListener('change', () => {
  const [picture] = file.files ?? [];
  if (picture) attempt(picture.name, () => showPicture(picture));
});
document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  const [picture] = event.dataTransfer?.files ?? [];
  if (picture) attempt(picture.name, () => showPicture(picture));
});
canvas.addEventListener('pointerdown', () => {
  compare = true;
});
document.addEventListener('pointerup', () => {
  compare = false;
});

showScene();
requestAnimationFrame(frame);
