/** Coefficients of `biquad` for a low-pass of second order with a little resonance. */
export function lowPass(cutoff: number, sampleRate: number, resonance = 2): Float32Array {
  const turn = (2 * Math.PI * Math.min(cutoff, 0.45 * sampleRate)) / sampleRate;
  const alpha = Math.sin(turn) / (2 * resonance);
  const b = (1 - Math.cos(turn)) / 2;
  return Float32Array.of(b, 2 * b, b, -2 * Math.cos(turn), 1 - alpha).map((value) => value / (1 + alpha));
}
