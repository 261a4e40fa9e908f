// The generated scene: a bay at dawn, with ridges, balloons, birds and a boat. Plain 2D calls on a picture of 1280 x 720
// units. Gradients are made once, since the loop around this must not make garbage.
const WIDTH = 1280;
const HEIGHT = 720;
const SHORE = 462;
const SUN_X = 850;
const SUN_Y = 372;

interface Ridge {
  readonly colour: string;
  readonly base: number;
  readonly height: number;
  readonly period: number;
  readonly speed: number; // units a second
}

const RIDGES: readonly Ridge[] = [
  { colour: '#a8708f', base: 440, height: 120, period: 210, speed: 3 },
  { colour: '#7d5786', base: 456, height: 96, period: 150, speed: 6 },
  { colour: '#4f4172', base: 464, height: 62, period: 118, speed: 11 },
];

interface Balloon {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly speed: number;
  readonly colours: readonly [string, string];
}

const BALLOONS: readonly Balloon[] = [
  { x: 250, y: 190, size: 74, speed: 9, colours: ['#f4e9d8', '#d1495b'] },
  { x: 640, y: 120, size: 40, speed: 5, colours: ['#ffd166', '#2a7f86'] },
  { x: 1060, y: 226, size: 54, speed: 7, colours: ['#2e4a7d', '#f7b267'] },
];

const STARS = Array.from({ length: 70 }, (_, i) => ({
  x: (i * 193.7 + 41) % WIDTH,
  y: ((i * 71.3 + 13) % 250) * 0.9,
  phase: i * 1.7,
}));

const BIRDS = Array.from({ length: 7 }, (_, i) => ({ x: -26 * Math.abs(i - 3), y: 15 * (i - 3), phase: i * 0.9 }));

export class Scene {
  private readonly sky: CanvasGradient;
  private readonly sea: CanvasGradient;
  private readonly halo: CanvasGradient;
  private readonly path: CanvasGradient;

  constructor(private readonly context: CanvasRenderingContext2D) {
    this.sky = gradient(context, 0, SHORE, [
      [0, '#172554'],
      [0.32, '#44427f'],
      [0.62, '#b0657f'],
      [0.84, '#f2a071'],
      [1, '#ffdca3'],
    ]);
    this.sea = gradient(context, SHORE, HEIGHT, [
      [0, '#e79a78'],
      [0.16, '#8d5f83'],
      [0.55, '#3a3c70'],
      [1, '#151b3f'],
    ]);
    this.path = gradient(context, SHORE, HEIGHT, [
      [0, '#fff1cf'],
      [0.5, '#ffc98a'],
      [1, '#d98880'],
    ]);
    this.halo = context.createRadialGradient(SUN_X, SUN_Y, 20, SUN_X, SUN_Y, 340);
    this.halo.addColorStop(0, 'rgba(255, 236, 190, 0.95)');
    this.halo.addColorStop(0.25, 'rgba(255, 205, 140, 0.45)');
    this.halo.addColorStop(1, 'rgba(255, 190, 120, 0)');
  }

  draw(width: number, height: number, seconds: number): void {
    const { context } = this;
    context.save();
    context.scale(width / WIDTH, height / HEIGHT);
    this.drawSky(seconds);
    for (const ridge of RIDGES) this.drawRidge(ridge, seconds);
    this.drawSea(seconds);
    this.drawBoat(seconds);
    for (const balloon of BALLOONS) this.drawBalloon(balloon, seconds);
    this.drawBirds(seconds);
    this.drawShore(seconds);
    context.restore();
  }

  private drawSky(seconds: number): void {
    const { context } = this;
    context.fillStyle = this.sky;
    context.fillRect(0, 0, WIDTH, SHORE);
    context.fillStyle = '#fff';
    for (const star of STARS) {
      context.globalAlpha = (0.35 + 0.3 * Math.sin(seconds * 1.4 + star.phase)) * (1 - star.y / 250);
      context.fillRect(star.x, star.y, 2.2, 2.2);
    }
    context.globalAlpha = 1;
    context.fillStyle = this.halo;
    context.fillRect(SUN_X - 340, SUN_Y - 340, 680, 680);
    context.fillStyle = '#fff3d6';
    context.beginPath();
    context.arc(SUN_X, SUN_Y, 62, 0, 2 * Math.PI);
    context.fill();
    for (let i = 0; i < 6; i++) {
      const x = ((i * 271 + seconds * (5 + i * 1.3)) % (WIDTH + 500)) - 250;
      context.fillStyle = i % 2 === 0 ? 'rgba(255, 214, 190, 0.34)' : 'rgba(126, 96, 150, 0.38)';
      context.beginPath();
      context.ellipse(x, 232 + ((i * 53) % 130), 170 + 22 * i, 7 + 2 * (i % 3), 0, 0, 2 * Math.PI);
      context.fill();
    }
  }

  private drawRidge(ridge: Ridge, seconds: number): void {
    const { context } = this;
    context.fillStyle = ridge.colour;
    context.beginPath();
    context.moveTo(0, SHORE);
    for (let x = 0; x <= WIDTH; x += 8) context.lineTo(x, ridge.base - crest(x + ridge.speed * seconds, ridge));
    context.lineTo(WIDTH, SHORE);
    context.fill();
  }

  private drawSea(seconds: number): void {
    const { context } = this;
    context.fillStyle = this.sea;
    context.fillRect(0, SHORE, WIDTH, HEIGHT - SHORE);
    context.fillStyle = this.path;
    for (let y = SHORE + 3, i = 0; y < HEIGHT; i++) {
      const depth = (y - SHORE) / (HEIGHT - SHORE);
      const width = 34 + 150 * depth + 26 * Math.sin(seconds * 1.9 + i * 1.3) + 18 * Math.sin(seconds * 3.1 + i * 2.9);
      context.globalAlpha = 0.85 - 0.6 * depth;
      context.fillRect(SUN_X - width / 2 + 14 * Math.sin(seconds * 1.2 + i * 0.8), y, width, 2 + 4 * depth);
      y += 7 + 12 * depth;
    }
    context.fillStyle = '#ffd9c0';
    for (let i = 0; i < 60; i++) {
      const depth = ((i * 0.377) % 1) ** 1.5;
      const x = ((i * 167.3 + seconds * (4 + 22 * depth)) % (WIDTH + 80)) - 40;
      context.globalAlpha = 0.16 + 0.14 * Math.sin(seconds * 2 + i);
      context.fillRect(x, SHORE + 6 + depth * (HEIGHT - SHORE - 10), 16 + 60 * depth, 1.5 + 2 * depth);
    }
    context.globalAlpha = 1;
  }

  private drawBoat(seconds: number): void {
    const { context } = this;
    context.save();
    context.translate(((seconds * 12 + 420) % (WIDTH + 240)) - 120, 540 + 3 * Math.sin(seconds * 1.6));
    context.rotate(0.025 * Math.sin(seconds * 1.3));
    context.fillStyle = 'rgba(16, 18, 44, 0.35)';
    context.beginPath();
    context.ellipse(0, 20, 62, 6, 0, 0, 2 * Math.PI);
    context.fill();
    polygon(context, '#fdf3e1', 3, -104, 3, -4, 56, -4);
    polygon(context, '#e8b59a', -4, -92, -4, -4, -40, -4);
    polygon(context, '#2b2440', -54, 2, 60, 2, 44, 20, -40, 20);
    context.restore();
  }

  private drawBalloon(balloon: Balloon, seconds: number): void {
    const { context } = this;
    const { size } = balloon;
    context.save();
    context.translate(
      ((balloon.x + seconds * balloon.speed + size) % (WIDTH + 4 * size)) - 2 * size,
      balloon.y + 9 * Math.sin(seconds * 0.7 + balloon.x),
    );
    for (let gore = 3; gore >= 0; gore--) {
      const half = size * (0.25 + gore * 0.25);
      context.fillStyle = balloon.colours[gore % 2] ?? '';
      context.beginPath();
      context.moveTo(0, size * 1.28);
      context.bezierCurveTo(-half * 0.5, size * 0.95, -half * 1.02, size * 0.5, -half, 0);
      context.bezierCurveTo(-half, -size * 1.22, half, -size * 1.22, half, 0);
      context.bezierCurveTo(half * 1.02, size * 0.5, half * 0.5, size * 0.95, 0, size * 1.28);
      context.fill();
    }
    context.fillStyle = '#3b2a2a';
    context.fillRect(-size * 0.15, size * 1.4, size * 0.3, size * 0.24);
    context.fillRect(-size * 0.13, size * 1.14, size * 0.025, size * 0.28);
    context.fillRect(size * 0.105, size * 1.14, size * 0.025, size * 0.28);
    context.restore();
  }

  private drawBirds(seconds: number): void {
    const { context } = this;
    const x = ((seconds * 34 + 500) % (WIDTH + 400)) - 100;
    context.strokeStyle = '#2b2440';
    context.lineWidth = 3;
    for (const bird of BIRDS) {
      const lift = 8 * Math.sin(seconds * 6 + bird.phase);
      const y = 300 + bird.y + 18 * Math.sin(seconds * 0.5);
      context.beginPath();
      context.moveTo(x + bird.x - 13, y - lift);
      context.quadraticCurveTo(x + bird.x - 4, y - 4, x + bird.x, y);
      context.quadraticCurveTo(x + bird.x + 4, y - 4, x + bird.x + 13, y - lift);
      context.stroke();
    }
  }

  private drawShore(seconds: number): void {
    const { context } = this;
    const scroll = seconds * 26;
    context.fillStyle = '#120f26';
    context.beginPath();
    context.moveTo(0, HEIGHT);
    for (let x = 0; x <= WIDTH; x += 10) context.lineTo(x, bank(x + scroll));
    context.lineTo(WIDTH, HEIGHT);
    context.fill();
    const first = Math.floor((scroll - 60) / 46);
    for (let i = first; i * 46 - scroll < WIDTH + 60; i++) {
      const kind = (((i * 7919) % 13) + 13) % 13;
      if (kind < 5) continue;
      const x = i * 46 - scroll;
      const y = bank(i * 46) + 6;
      const tall = 38 + kind * 7;
      for (let tier = 0; tier < 3; tier++) {
        const half = (9 + kind * 0.7) * (0.6 + tier * 0.35);
        polygon(
          context,
          '#120f26',
          x,
          y - tall + tier * tall * 0.22,
          x - half,
          y - tall * (0.48 - tier * 0.22),
          x + half,
          y - tall * (0.48 - tier * 0.22),
        );
      }
      context.fillRect(x - 2, y - 10, 4, 14);
    }
  }
}

function gradient(
  context: CanvasRenderingContext2D,
  top: number,
  bottom: number,
  stops: readonly (readonly [number, string])[],
): CanvasGradient {
  const made = context.createLinearGradient(0, top, 0, bottom);
  for (const [at, colour] of stops) made.addColorStop(at, colour);
  return made;
}

// Peaks: folded sines, whose creases are the summits.
function crest(x: number, ridge: Ridge): number {
  const fold = 1 - Math.abs(Math.sin(x / ridge.period));
  const detail = 1 - Math.abs(Math.sin(x / (ridge.period * 0.37) + 1));
  const swell = 0.5 + 0.5 * Math.sin(x / (ridge.period * 2.3) + 2);
  return ridge.height * (0.12 + 0.5 * fold * (0.45 + 0.55 * swell) + 0.2 * detail + 0.2 * swell);
}

function bank(x: number): number {
  return 664 + 20 * Math.sin(x / 190) + 11 * Math.sin(x / 71 + 1);
}

function polygon(
  context: CanvasRenderingContext2D,
  colour: string,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  x3 = x2,
  y3 = y2,
): void {
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.lineTo(x2, y2);
  context.lineTo(x3, y3);
  context.fill();
}
