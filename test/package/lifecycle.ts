// The lifecycle that the package promises to run as written, and what it has to give.

export const LIFECYCLE = `
function processFrame(videoFrameData: Float32Array) {
  try {
    const inputVec = registry.alloc('f32', videoFrameData);
    const outputVec = registry.alloc('f32', videoFrameData.length);
    const filterFn = registry.bind('apply_filter');
    filterFn(inputVec, outputVec);
    return new Float32Array(outputVec);
  } finally {
    registry.reset();
  }
}
`;

/** The lifecycle for engines that know no types. */
export const LIFECYCLE_JS = LIFECYCLE.replace(': Float32Array', '');

export const INPUT = Array.from({ length: 1001 }, (_, i) => Math.fround(Math.sin(i * i)));

/** The binomial filter 1 4 6 4 1 over 16 with clamped edges, without any of the package's code. */
export const EXPECTED = INPUT.map((_, i) => {
  const at = (k: number) => INPUT[Math.min(Math.max(k, 0), INPUT.length - 1)] as number;
  return (at(i - 2) + 4 * at(i - 1) + 6 * at(i) + 4 * at(i + 1) + at(i + 2)) / 16;
});

/** How far `output` is from EXPECTED at its worst; single precision allows about 1e-7. */
export function error(output: number[]): number {
  if (output.length !== EXPECTED.length) return Number.POSITIVE_INFINITY;
  return Math.max(...output.map((value, i) => Math.abs(value - (EXPECTED[i] as number))));
}
