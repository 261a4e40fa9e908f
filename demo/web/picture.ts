// One picture, one frame: everything between the pixels that come in and those that go out lives in blocks of the
// arena.
import type { Registry } from 'arena-bind';
import type { PixelReader } from './pixels';
import type { Trace } from './trace';

export type Effect = 'greyscale' | 'blur' | 'edges' | 'equalise' | 'posterise' | 'ink' | 'neon';

export const EFFECTS: ReadonlyMap<Effect, string> = new Map([
  ['ink', 'Ink'],
  ['neon', 'Neon'],
  ['edges', 'Edges'],
  ['equalise', 'Equalise'],
  ['posterise', 'Posterise'],
  ['blur', 'Blur'],
  ['greyscale', 'Greyscale'],
]);

const POSTER_LEVELS = 5;
const INK_LEVELS = 12;
const INK_FROM = 30; // edges weaker than this draw no line

export class PictureFrame {
  effect: Effect = 'ink';
  palette = new Uint32Array(256);
  sigma = 0; // pixels; 0 leaves the blur out
  split = 0.5; // of the width; what lies left of it stays as it came
  // Of the last frame.
  readonly histogram = new Uint32Array(256);
  used = 0; // bytes of the arena

  private readonly before = new BlockImage();
  private readonly after = new BlockImage();
  private readonly posterTable: Uint8Array;
  private readonly inkTable: Uint8Array;

  constructor(
    registry: Registry,
    private readonly reader: PixelReader,
    private readonly screen: CanvasRenderingContext2D,
    private readonly trace: Trace,
  ) {
    this.posterTable = registry.allocPersistent('u8', steps(POSTER_LEVELS));
    this.inkTable = registry.allocPersistent('u8', steps(INK_LEVELS));
  }

  // The whole frame, for processFrame.
  static run(registry: Registry, picture: PictureFrame): void {
    picture.run(registry);
  }

  private run(registry: Registry): void {
    const { trace, screen } = this;
    const { width, height } = screen.canvas;
    const pixels = width * height;
    trace.begin();

    const rgba = trace.block('rgba', registry.u8c(4 * pixels));
    this.reader.read(rgba);
    trace.step('read pixels');

    const luma = trace.block('luma', registry.u8(pixels));
    registry.bind('rgba_to_luma')(rgba, luma);
    trace.step('rgba_to_luma');

    const bins = trace.block('bins', registry.u32(256));
    registry.bind('histogram')(luma, bins);
    this.histogram.set(bins);
    trace.step('histogram');

    const grey = this.applyEffect(registry, luma, bins, width, height);

    const out = trace.block('out', registry.u8c(4 * pixels));
    const before = this.before.of(rgba, width);
    const after = this.after.of(out, width);
    if (this.effect === 'ink') {
      registry.bind('lut')(rgba, this.inkTable, out);
      trace.step('lut');
      darken(this.after.words, grey);
    } else if (this.effect === 'neon') {
      lighten(this.before.words, this.after.words, grey);
    } else {
      colour(this.after.words, grey, this.palette);
    }
    trace.step('colour, in JS');

    const border = Math.round(this.split * width);
    if (border > 0) screen.putImageData(before, 0, 0, 0, 0, border, height);
    if (border < width) screen.putImageData(after, 0, 0, border, 0, width - border, height);
    trace.step('put on screen');
    trace.end();
    this.used = registry.stats.used;
  }

  private applyEffect(
    registry: Registry,
    luma: Uint8Array<ArrayBuffer>,
    bins: Uint32Array<ArrayBuffer>,
    width: number,
    height: number,
  ): Uint8Array {
    const { trace, effect } = this;
    let grey = luma;
    if (this.sigma > 0 && effect !== 'greyscale' && effect !== 'equalise') {
      grey = trace.block('blur', registry.u8(luma.length));
      registry.bind('gaussian_blur')(luma, grey, width, height, this.sigma);
      trace.step('gaussian_blur');
    }
    if (effect === 'edges' || effect === 'ink' || effect === 'neon') {
      const edges = trace.block('edge', registry.u8(luma.length));
      registry.bind('sobel')(grey, edges, width, height);
      trace.step('sobel');
      return edges;
    }
    if (effect === 'equalise' || effect === 'posterise') {
      const table = effect === 'posterise' ? this.posterTable : trace.block('table', registry.u8(256));
      if (effect === 'equalise') equalise(bins, table);
      const toned = trace.block('tone', registry.u8(luma.length));
      registry.bind('lut')(grey, table, toned);
      trace.step('lut');
      return toned;
    }
    return grey;
  }
}

// The ImageData over a block and its pixels as words. A repeating frame gets the same view each time, so both are made
// once and not once a frame.
class BlockImage {
  words = new Uint32Array();
  private view: Uint8ClampedArray | undefined;
  private image: ImageData | undefined;

  of(view: Uint8ClampedArray<ArrayBuffer>, width: number): ImageData {
    if (this.image === undefined || this.view !== view || this.image.width !== width) {
      this.view = view;
      this.image = new ImageData(view, width);
      this.words = new Uint32Array(view.buffer, view.byteOffset, view.length / 4);
    }
    return this.image;
  }
}

// A table of even steps.
function steps(levels: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, value) =>
    Math.round((Math.floor((value * levels) / 256) * 255) / (levels - 1)),
  );
}

// The table that spreads the brightnesses evenly: each becomes its share of the pixels that are no brighter.
function equalise(bins: Uint32Array, table: Uint8Array): void {
  let total = 0;
  for (let i = 0; i < 256; i++) total += bins[i] as number;
  let sum = 0;
  for (let i = 0; i < 256; i++) {
    sum += bins[i] as number;
    table[i] = (255 * sum) / total;
  }
}

function colour(out: Uint32Array, grey: Uint8Array, palette: Uint32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = palette[grey[i] as number] as number;
}

// Words are A B G R from the top on the little-endian machines that WebAssembly's memory looks like everywhere.
function darken(out: Uint32Array, edges: Uint8Array): void {
  for (let i = 0; i < out.length; i++) {
    const line = 3 * Math.max(0, (edges[i] as number) - INK_FROM);
    out[i] = scaled(out[i] as number, 256 - Math.min(256, line));
  }
}

function lighten(from: Uint32Array, out: Uint32Array, edges: Uint8Array): void {
  for (let i = 0; i < out.length; i++) out[i] = scaled(from[i] as number, 24 + 3 * (edges[i] as number));
}

// An opaque pixel with each channel times share / 256, at most 255.
function scaled(word: number, share: number): number {
  const red = Math.min(255, ((word & 255) * share) >> 8);
  const green = Math.min(255, (((word >> 8) & 255) * share) >> 8);
  const blue = Math.min(255, (((word >> 16) & 255) * share) >> 8);
  return red | (green << 8) | (blue << 16) | 0xff000000;
}
