// Coefficients of second-order filters after Robert Bristow-Johnson's "Audio EQ Cookbook" (published as a W3C note),
// divided by a0, in the order that the biquad kernel takes: b0 b1 b2 a1 a2.
export const MODES = ['Low-pass', 'High-pass', 'Band-pass', 'Notch'] as const;

export const LEAST_CUTOFF = 60; // Hz
export const MOST_CUTOFF = 14000; // Hz

export function writeCoefficients(
  out: Float32Array,
  mode: number, // index into MODES
  cutoff: number, // Hz
  resonance: number, // the cookbook's Q
  sampleRate: number,
): void {
  const angle = (2 * Math.PI * Math.min(cutoff, 0.49 * sampleRate)) / sampleRate;
  const cosine = Math.cos(angle);
  const alpha = Math.sin(angle) / (2 * resonance);
  const a0 = 1 + alpha;
  let b0 = (1 - cosine) / 2;
  let b1 = 1 - cosine;
  let b2 = b0;
  if (mode === 1) {
    b0 = (1 + cosine) / 2;
    b1 = -(1 + cosine);
    b2 = b0;
  } else if (mode === 2) {
    b0 = alpha;
    b1 = 0;
    b2 = -alpha;
  } else if (mode === 3) {
    b0 = 1;
    b1 = -2 * cosine;
    b2 = 1;
  }
  out[0] = b0 / a0;
  out[1] = b1 / a0;
  out[2] = b2 / a0;
  out[3] = (-2 * cosine) / a0;
  out[4] = (1 - alpha) / a0;
}

// The gain at a frequency, in decibels: the magnitude of the transfer function on the unit circle.
export function gainAt(coefficients: Float32Array, frequency: number, sampleRate: number): number {
  const b0 = coefficients[0] as number;
  const b1 = coefficients[1] as number;
  const b2 = coefficients[2] as number;
  const a1 = coefficients[3] as number;
  const a2 = coefficients[4] as number;
  const angle = (2 * Math.PI * frequency) / sampleRate;
  const c1 = Math.cos(angle);
  const s1 = Math.sin(angle);
  const c2 = Math.cos(2 * angle);
  const s2 = Math.sin(2 * angle);
  const above = (b0 + b1 * c1 + b2 * c2) ** 2 + (b1 * s1 + b2 * s2) ** 2;
  const below = (1 + a1 * c1 + a2 * c2) ** 2 + (a1 * s1 + a2 * s2) ** 2;
  return 10 * Math.log10(Math.max(above / below, 1e-12));
}
