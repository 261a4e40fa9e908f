// The spectrum of the sound as bars, and the gain of the filter as a line over it, both over the logarithm of
// frequency.
import { gainAt, writeCoefficients } from './filter';
import { type Colours, Plot } from './graph';
import type { FilterSettings, Sound } from './sound';

const LOW = 40; // Hz, at the left edge
const HIGH = 18000; // Hz, at the right edge
const QUIET = -105; // decibels of full scale, at the bottom
const LOUD = -25;
const GAIN_RANGE = 30; // decibels above and below 0 that the line can show
const BAR = 7; // CSS pixels from one bar to the next
const STEP = 2; // CSS pixels from one point of the line to the next
const USUAL_RATE = 48000; // Hz, for the line as long as there is no sound
const TICKS = [
  [100, '100'],
  [1000, '1 kHz'],
  [8000, '8 kHz'],
] as const;

export class Spectrum {
  private readonly plot: Plot;
  private readonly coefficients = new Float32Array(5);
  // The line's points and what they were computed for: in most frames nothing about them changes.
  private line = new Float32Array();
  private lineHeight = 0;
  private lineRate = 0;
  private lineIsStale = true;

  constructor(
    readonly canvas: HTMLCanvasElement,
    private readonly settings: Readonly<FilterSettings>,
  ) {
    this.plot = new Plot(canvas);
  }

  followSettings(): void {
    this.lineIsStale = true;
  }

  draw(sound: Sound | undefined, colours: Colours): void {
    const context = this.plot.clear();
    const { width, height } = this.plot;
    this.updateLine(width, height, sound?.sampleRate ?? USUAL_RATE);
    drawTicks(context, width, height, colours);
    if (sound !== undefined) drawBars(context, sound.spectrum, sound.sampleRate, width, height, colours.first);

    context.strokeStyle = colours.second;
    context.lineWidth = 2;
    context.lineJoin = 'round';
    context.beginPath();
    for (let i = 0; i < this.line.length; i++) context.lineTo(i * STEP, this.line[i] as number);
    context.stroke();
    const x = placeOf(this.settings.cutoff) * width;
    const y = this.line[Math.round(x / STEP)] ?? 0;
    context.fillStyle = colours.second;
    context.beginPath();
    context.arc(x, Math.max(6, Math.min(height - 6, y)), 5, 0, 2 * Math.PI);
    context.fill();
  }

  private updateLine(width: number, height: number, sampleRate: number): void {
    const length = Math.floor(width / STEP) + 1;
    const same = this.line.length === length && this.lineHeight === height && this.lineRate === sampleRate;
    if (same && !this.lineIsStale) return;
    this.lineIsStale = false;
    this.lineHeight = height;
    this.lineRate = sampleRate;
    const { mode, cutoff, resonance } = this.settings;
    writeCoefficients(this.coefficients, mode, cutoff, resonance, sampleRate);
    this.line = Float32Array.from({ length }, (_, i) => {
      const gain = gainAt(this.coefficients, frequencyAt((i * STEP) / width), sampleRate);
      return height * (0.5 - gain / (2 * GAIN_RANGE));
    });
  }
}

function drawTicks(context: CanvasRenderingContext2D, width: number, height: number, colours: Colours): void {
  context.font = '11px system-ui, sans-serif';
  context.textBaseline = 'top';
  context.textAlign = 'left';
  context.lineWidth = 1;
  context.strokeStyle = colours.line;
  context.fillStyle = colours.text;
  for (let i = 0; i < TICKS.length; i++) {
    const [frequency, label] = TICKS[i] as (typeof TICKS)[number];
    const x = Math.round(placeOf(frequency) * width) + 0.5;
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, height);
    context.stroke();
    context.fillText(label, x + 5, 3);
  }
}

function drawBars(
  context: CanvasRenderingContext2D,
  spectrum: Float32Array,
  sampleRate: number,
  width: number,
  height: number,
  colour: string,
): void {
  const bins = (2 * spectrum.length) / sampleRate; // per Hz
  context.fillStyle = colour;
  context.globalAlpha = 0.75;
  for (let x = 0; x < width; x += BAR) {
    const first = Math.round(frequencyAt(x / width) * bins);
    const end = Math.max(first + 1, Math.round(frequencyAt((x + BAR) / width) * bins));
    let loudest = QUIET;
    for (let i = first; i < end && i < spectrum.length; i++) loudest = Math.max(loudest, spectrum[i] as number);
    const tall = (Math.min(1, (loudest - QUIET) / (LOUD - QUIET)) * (height - 4)) | 0;
    if (tall > 0) context.fillRect(x, height - tall, BAR - 2, tall);
  }
  context.globalAlpha = 1;
}

function placeOf(frequency: number): number {
  return Math.log(frequency / LOW) / Math.log(HIGH / LOW);
}

function frequencyAt(place: number): number {
  return LOW * (HIGH / LOW) ** place;
}
