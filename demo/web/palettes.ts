// Palettes: what colour a brightness becomes, as the 32-bit words of RGBA pixels.
type Stop = readonly [position: number, red: number, green: number, blue: number];

const STOPS: Readonly<Record<string, readonly Stop[]>> = {
  Silver: [
    [0, 0, 0, 0],
    [255, 255, 255, 255],
  ],
  Ember: [
    [0, 8, 6, 20],
    [70, 84, 18, 86],
    [140, 214, 64, 62],
    [205, 252, 166, 56],
    [255, 255, 248, 214],
  ],
  Lagoon: [
    [0, 4, 12, 32],
    [90, 16, 74, 112],
    [165, 40, 160, 156],
    [220, 172, 226, 178],
    [255, 252, 252, 226],
  ],
  Blueprint: [
    [0, 14, 42, 94],
    [120, 40, 98, 176],
    [200, 150, 196, 240],
    [255, 246, 250, 255],
  ],
  Negative: [
    [0, 255, 255, 255],
    [255, 0, 0, 0],
  ],
};

export const PALETTES: ReadonlyMap<string, Uint32Array<ArrayBuffer>> = new Map(
  Object.entries(STOPS).map(([name, stops]) => [name, paletteOf(stops)]),
);

function paletteOf(stops: readonly Stop[]): Uint32Array<ArrayBuffer> {
  const bytes = new Uint8ClampedArray(4 * 256).fill(255);
  for (let value = 0; value < 256; value++) {
    const after = stops.findIndex(([position]) => position >= value);
    const high = stops[after] as Stop;
    const low = stops[Math.max(0, after - 1)] as Stop;
    const share = high === low ? 0 : (value - low[0]) / (high[0] - low[0]);
    for (const channel of [1, 2, 3] as const) {
      bytes[4 * value + channel - 1] = low[channel] + share * (high[channel] - low[channel]);
    }
  }
  return new Uint32Array(bytes.buffer);
}
