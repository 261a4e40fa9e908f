// The generated scene: a bay at dawn, with ridges, balloons, birds and a boat. Like the kernels that it feeds it makes
// no garbage while it runs: gradients and colours are made once.
import { Pen } from './pen';
import type { Source } from './sources';

const WIDTH = 1280; // units, whatever size the canvas has
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
  x: (i * 194 + 41) % WIDTH,
  y: (i * 71 + 13) % 190,
}));

const BIRDS = Array.from({ length: 7 }, (_, i) => ({ x: -26 * Math.abs(i - 3), y: 15 * (i - 3), phase: i * 0.9 }));

const SHADES = 24;
const STARLIGHT = shades(255, 255, 255, 0.05, 0.7);
const TWINKLE = Array.from({ length: 40 }, (_, i) =>
  Math.round((0.5 + 0.5 * Math.sin((i * Math.PI) / 20)) * (SHADES - 1)),
);
const SUNLIGHT = shades(255, 222, 168, 0.22, 0.9);
const GLITTER = shades(255, 217, 192, 0.02, 0.3);
const FOREGROUND = '#120f26';

export class Scene implements Source {
  private readonly pen: Pen;
  private readonly sky: CanvasGradient;
  private readonly sea: CanvasGradient;
  private readonly halo: CanvasGradient;

  constructor(context: CanvasRenderingContext2D) {
    this.pen = new Pen(context);
    this.sky = this.pen.verticalGradient(0, SHORE, [
      [0, '#172554'],
      [0.32, '#44427f'],
      [0.62, '#b0657f'],
      [0.84, '#f2a071'],
      [1, '#ffdca3'],
    ]);
    this.sea = this.pen.verticalGradient(SHORE, HEIGHT, [
      [0, '#e79a78'],
      [0.16, '#8d5f83'],
      [0.55, '#3a3c70'],
      [1, '#151b3f'],
    ]);
    this.halo = this.pen.radialGradient(SUN_X, SUN_Y, 20, 340, [
      [0, 'rgba(255, 236, 190, 0.95)'],
      [0.25, 'rgba(255, 205, 140, 0.45)'],
      [1, 'rgba(255, 190, 120, 0)'],
    ]);
  }

  draw(seconds: number): void {
    this.pen.begin(WIDTH, HEIGHT);
    this.drawSky(seconds);
    for (let i = 0; i < RIDGES.length; i++) this.drawRidge(RIDGES[i] as Ridge, seconds);
    this.drawSea(seconds);
    this.drawBoat(seconds);
    for (let i = 0; i < BALLOONS.length; i++) this.drawBalloon(BALLOONS[i] as Balloon, seconds);
    this.drawBirds(seconds);
    this.drawBank(seconds);
    this.pen.end();
  }

  stop(): void {}

  private drawSky(seconds: number): void {
    const { pen } = this;
    pen.rectangle(this.sky, 0, 0, WIDTH, SHORE);
    const beat = (seconds * 9) | 0;
    for (let i = 0; i < STARS.length; i++) {
      const { x, y } = STARS[i] as (typeof STARS)[number];
      pen.rectangle(STARLIGHT[TWINKLE[(beat + 7 * i) % TWINKLE.length] as number] as string, x, y, 2, 2);
    }
    pen.rectangle(this.halo, SUN_X - 340, SUN_Y - 340, 680, 680);
    pen.ellipse('#fff3d6', SUN_X, SUN_Y, 62, 62);
    for (let i = 0; i < 6; i++) {
      const x = ((i * 271 + seconds * (5 + i * 1.3)) % (WIDTH + 500)) - 250;
      const colour = i % 2 === 0 ? 'rgba(255, 214, 190, 0.34)' : 'rgba(126, 96, 150, 0.38)';
      pen.ellipse(colour, x, 232 + ((i * 53) % 130), 170 + 22 * i, 7 + 2 * (i % 3));
    }
  }

  private drawRidge(ridge: Ridge, seconds: number): void {
    const { pen } = this;
    pen.from(0, SHORE);
    for (let x = 0; x <= WIDTH; x += 8) pen.to(x, ridge.base - crest(x + ridge.speed * seconds, ridge));
    pen.to(WIDTH, SHORE);
    pen.fill(ridge.colour);
  }

  private drawSea(seconds: number): void {
    const { pen } = this;
    pen.rectangle(this.sea, 0, SHORE, WIDTH, HEIGHT - SHORE);
    for (let y = SHORE + 3, i = 0; y < HEIGHT; i++) {
      const depth = (y - SHORE) / (HEIGHT - SHORE);
      const width = 34 + 150 * depth + 26 * Math.sin(seconds * 1.9 + i * 1.3) + 18 * Math.sin(seconds * 3.1 + i * 2.9);
      const x = SUN_X - width / 2 + 14 * Math.sin(seconds * 1.2 + i * 0.8);
      pen.rectangle(shade(SUNLIGHT, 1 - depth), x, y, width, 2 + 4 * depth);
      y += 7 + 12 * depth;
    }
    for (let i = 0; i < 60; i++) {
      const depth = ((i * 0.377) % 1) ** 1.5;
      const x = ((i * 167.3 + seconds * (4 + 22 * depth)) % (WIDTH + 80)) - 40;
      const colour = shade(GLITTER, 0.5 + 0.5 * Math.sin(seconds * 2 + i));
      pen.rectangle(colour, x, SHORE + 6 + depth * (HEIGHT - SHORE - 10), 16 + 60 * depth, 1.5 + 2 * depth);
    }
  }

  private drawBoat(seconds: number): void {
    const { pen } = this;
    const { context } = pen;
    context.save();
    pen.moveOrigin(((seconds * 12 + 420) % (WIDTH + 240)) - 120, 540 + 3 * Math.sin(seconds * 1.6));
    context.rotate(0.025 * Math.sin(seconds * 1.3));
    pen.ellipse('rgba(16, 18, 44, 0.35)', 0, 20, 62, 6);
    pen.from(3, -104);
    pen.to(3, -4);
    pen.to(56, -4);
    pen.fill('#fdf3e1');
    pen.from(-4, -92);
    pen.to(-4, -4);
    pen.to(-40, -4);
    pen.fill('#e8b59a');
    pen.from(-54, 2);
    pen.to(60, 2);
    pen.to(44, 20);
    pen.to(-40, 20);
    pen.fill('#2b2440');
    context.restore();
  }

  private drawBalloon(balloon: Balloon, seconds: number): void {
    const { pen } = this;
    const { size } = balloon;
    pen.context.save();
    pen.moveOrigin(
      ((balloon.x + seconds * balloon.speed + size) % (WIDTH + 4 * size)) - 2 * size,
      balloon.y + 9 * Math.sin(seconds * 0.7 + balloon.x),
    );
    for (let gore = 3; gore >= 0; gore--) {
      const half = size * (0.25 + gore * 0.25);
      pen.from(0, size * 1.28);
      pen.curve(-half * 0.5, size * 0.95, -half * 1.02, size * 0.5, -half, 0);
      pen.curve(-half, -size * 1.22, half, -size * 1.22, half, 0);
      pen.curve(half * 1.02, size * 0.5, half * 0.5, size * 0.95, 0, size * 1.28);
      pen.fill(balloon.colours[gore % 2] as string);
    }
    pen.rectangle('#3b2a2a', -size * 0.15, size * 1.4, size * 0.3, size * 0.24);
    pen.rectangle('#3b2a2a', -size * 0.13, size * 1.14, size * 0.025, size * 0.28);
    pen.rectangle('#3b2a2a', size * 0.105, size * 1.14, size * 0.025, size * 0.28);
    pen.context.restore();
  }

  private drawBirds(seconds: number): void {
    const { pen } = this;
    const left = ((seconds * 34 + 500) % (WIDTH + 400)) - 100;
    const top = 300 + 18 * Math.sin(seconds * 0.5);
    for (const bird of BIRDS) {
      const lift = 8 * Math.sin(seconds * 6 + bird.phase);
      const x = left + bird.x;
      const y = top + bird.y;
      pen.from(x - 13, y - lift);
      pen.curve(x - 7, y - 3 - lift / 3, x - 3, y - 3, x, y);
      pen.curve(x + 3, y - 3, x + 7, y - 3 - lift / 3, x + 13, y - lift);
      pen.stroke('#2b2440', 3);
    }
  }

  private drawBank(seconds: number): void {
    const { pen } = this;
    const scroll = seconds * 26;
    pen.from(0, HEIGHT);
    for (let x = 0; x <= WIDTH; x += 10) pen.to(x, bank(x + scroll));
    pen.to(WIDTH, HEIGHT);
    pen.fill(FOREGROUND);
    for (let i = Math.floor((scroll - 60) / 46); i * 46 - scroll < WIDTH + 60; i++) {
      const kind = (i * 7919) % 13;
      if (kind >= 5) this.drawTree(i * 46 - scroll, bank(i * 46) + 6, kind);
    }
  }

  private drawTree(x: number, y: number, kind: number): void {
    const { pen } = this;
    const tall = 38 + kind * 7;
    for (let tier = 0; tier < 3; tier++) {
      const half = (9 + kind * 0.7) * (0.6 + tier * 0.35);
      pen.from(x, y - tall + tier * tall * 0.22);
      pen.to(x - half, y - tall * (0.48 - tier * 0.22));
      pen.to(x + half, y - tall * (0.48 - tier * 0.22));
      pen.fill(FOREGROUND);
    }
    pen.rectangle(FOREGROUND, x - 2, y - 10, 4, 14);
  }
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

// One colour from the opacity `low` to the opacity `high`.
function shades(red: number, green: number, blue: number, low: number, high: number): readonly string[] {
  return Array.from({ length: SHADES }, (_, i) => {
    const opacity = low + ((high - low) * i) / (SHADES - 1);
    return `rgba(${red}, ${green}, ${blue}, ${opacity.toFixed(3)})`;
  });
}

// The one at `place`, 0..1.
function shade(of: readonly string[], place: number): string {
  return of[Math.max(0, Math.min(SHADES - 1, (place * SHADES) | 0))] as string;
}
