// Numbers for the two filters. Together they sound like an old telephone: 300 to 3400 Hz.

/**
 * A high-pass of second order with a flat passband (Q = 1/sqrt 2), as b0, b1, b2, a1, a2 divided by a0.
 * R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients", section HPF.
 */
export function highPass(frequency, sampleRate) {
  const w0 = (2 * Math.PI * frequency) / sampleRate;
  const cos = Math.cos(w0);
  const alpha = Math.sin(w0) / (2 * Math.SQRT1_2);
  const a0 = 1 + alpha;
  return [(1 + cos) / 2, -(1 + cos), (1 + cos) / 2, -2 * cos, 1 - alpha].map((coefficient) => coefficient / a0);
}

/**
 * The taps of a low-pass: a sinc in a Blackman window, scaled to a gain of 1 at 0 Hz. It delays by (count - 1) / 2.
 * S. W. Smith, "The Scientist and Engineer's Guide to Digital Signal Processing", chapter 16.
 */
export function lowPass(frequency, sampleRate, count) {
  const middle = (count - 1) / 2;
  const taps = Array.from({ length: count }, (_, i) => {
    const x = (2 * Math.PI * frequency) / sampleRate;
    const sinc = i === middle ? x : Math.sin(x * (i - middle)) / (i - middle);
    const phase = (2 * Math.PI * i) / (count - 1);
    return sinc * (0.42 - 0.5 * Math.cos(phase) + 0.08 * Math.cos(2 * phase));
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
}

/** The gain in dB at each of `frequencies` of a filter that answers an impulse with `answer`: its Fourier transform. */
export function gains(answer, frequencies, sampleRate) {
  return frequencies.map((frequency) => {
    const w = (2 * Math.PI * frequency) / sampleRate;
    let [real, imaginary] = [0, 0];
    for (let i = 0; i < answer.length; i++) {
      real += answer[i] * Math.cos(w * i);
      imaginary -= answer[i] * Math.sin(w * i);
    }
    return 20 * Math.log10(Math.hypot(real, imaginary));
  });
}
