// Discs on a slope, with the grain of a film: something with edges to keep and noise to lose.

const GRAIN = 64; // levels from the darkest grain to the lightest
const TILE = 256; // pixels
let tile: CanvasPattern | undefined;

function grain(context: CanvasRenderingContext2D): CanvasPattern {
  const canvas = new OffscreenCanvas(TILE, TILE);
  const screen = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
  const noise = screen.createImageData(TILE, TILE);
  for (let i = 0; i < noise.data.length; i += 4) {
    noise.data.fill(128 + (Math.random() - 0.5) * 2 * GRAIN, i, i + 3);
    noise.data[i + 3] = 110;
  }
  screen.putImageData(noise, 0, 0);
  return context.createPattern(canvas, 'repeat') as CanvasPattern;
}

export function drawScene(context: CanvasRenderingContext2D, seconds: number): void {
  const { width, height } = context.canvas;
  const slope = context.createLinearGradient(0, 0, 0, height);
  slope.addColorStop(0, '#27496d');
  slope.addColorStop(1, '#e8b08a');
  context.fillStyle = slope;
  context.fillRect(0, 0, width, height);
  for (let i = 0; i < 7; i++) {
    context.fillStyle = `hsl(${(i * 53) % 360} 55% 55%)`;
    context.beginPath();
    const x = width * (0.5 + 0.42 * Math.sin(seconds * 0.3 + i * 1.7));
    const y = height * (0.5 + 0.36 * Math.cos(seconds * 0.23 + i * 2.3));
    context.arc(x, y, height * (0.07 + 0.015 * i), 0, 2 * Math.PI);
    context.fill();
  }
  tile ??= grain(context);
  context.save();
  context.translate(-Math.random() * TILE, -Math.random() * TILE);
  context.fillStyle = tile;
  context.fillRect(0, 0, width + TILE, height + TILE);
  context.restore();
}
