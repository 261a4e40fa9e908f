// The spectrum of the sound as bars, and the gain of the filter as a line over it, both over the logarithm of frequency.
import { gainAt, writeCoefficients } from './filter';
import type { Colours, Plot } from './graph';
import type { FilterSettings, Sound } from './sound';

const LOW = 40; // Hz, at the left edge
const HIGH = 18000; // Hz, at the right edge
const QUIET = -105; // decibels of full scale, at the bottom
const LOUD = -25;
const GAIN_RANGE = 30; // decibels above and below 0 that the line can show
const BAR = 7; // CSS pixels from one bar to the next
const TICKS = [
  [100, '100'],
  [1000, '1 kHz'],
  [10000, '10 kHz'],
] as const;
const USUAL_RATE = 48000; // Hz, for the line as long as there is no sound

const coefficients = new Float32Array(5);

export function drawSpectrum(
  plot: Plot,
  sound: Sound | undefined,
  settings: Readonly<FilterSettings>,
  colours: Colours,
): void {
  const context = plot.clear();
  const { width, height } = plot;
  const sampleRate = sound?.sampleRate ?? USUAL_RATE;
  context.font = '11px system-ui, sans-serif';
  context.textBaseline = 'top';
  context.textAlign = 'left';
  context.lineWidth = 1;
  for (const [frequency, label] of TICKS) {
    const x = Math.round(placeOf(frequency) * width) + 0.5;
    context.strokeStyle = colours.line;
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, height);
    context.stroke();
    context.fillStyle = colours.text;
    context.fillText(label, x + 5, 3);
  }
  if (sound !== undefined) drawBars(context, sound.spectrum, sampleRate, width, height, colours.first);

  writeCoefficients(coefficients, settings.mode, settings.cutoff, settings.resonance, sampleRate);
  context.strokeStyle = colours.second;
  context.lineWidth = 2;
  context.lineJoin = 'round';
  context.beginPath();
  for (let x = 0; x <= width; x += 2) context.lineTo(x, gainHeight(frequencyAt(x / width), sampleRate, height));
  context.stroke();
  context.fillStyle = colours.second;
  context.beginPath();
  const peak = Math.max(6, Math.min(height - 6, gainHeight(settings.cutoff, sampleRate, height)));
  context.arc(placeOf(settings.cutoff) * width, peak, 5, 0, 2 * Math.PI);
  context.fill();
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

function gainHeight(frequency: number, sampleRate: number, height: number): number {
  return height * (0.5 - gainAt(coefficients, frequency, sampleRate) / (2 * GAIN_RANGE));
}

function placeOf(frequency: number): number {
  return Math.log(frequency / LOW) / Math.log(HIGH / LOW);
}

function frequencyAt(place: number): number {
  return LOW * (HIGH / LOW) ** place;
}
