import { processFrame } from 'arena-bind';

const sigma = 1.5; // pixels

/** One frame: what the camera sees to its edges. Returns the bytes of arena in use. */
function findEdges(registry, { camera, width, height, luma, blurred, edges, toLuma, blur, sobel }) {
  const rgba = registry.u8(camera);
  const grey = registry.u8(width * height);
  const smooth = registry.u8(width * height);
  const result = registry.u8(width * height);
  toLuma(rgba, grey);
  blur(grey, smooth, width, height, sigma);
  sobel(smooth, result, width, height);
  luma.set(grey);
  blurred.set(smooth);
  edges.set(result);
  return registry.stats.used;
}

/** `i` mirrored at both ends of 0..length - 1, as often as needed. */
function mirror(i, length) {
  const folded = i % (2 * length);
  return folded < length ? folded : 2 * length - 1 - folded;
}

/** A picture that a camera moves over: each frame sees it from another place, mirrored at its borders. */
export class Picture {
  constructor(registry, { width, height, pixels }, frames) {
    this.registry = registry;
    this.frames = frames;
    this.width = width;
    this.height = height;
    this.scene = new Uint32Array(pixels.slice().buffer);
    this.camera = new Uint8Array(width * height * 4);
    this.view = new Uint32Array(this.camera.buffer);
    this.luma = new Uint8Array(width * height);
    this.blurred = new Uint8Array(width * height);
    this.edges = new Uint8Array(width * height);
    this.toLuma = registry.bind('rgba_to_luma');
    this.blur = registry.bind('gaussian_blur');
    this.sobel = registry.bind('sobel');
  }

  start() {}

  /** The camera's part before frame k: a pixel further to the right and half a pixel down. It leaves no garbage. */
  prepare(k) {
    const { width, height, scene, view } = this;
    for (let y = 0; y < height; y++) {
      const row = mirror(y + (k >> 1), height) * width;
      for (let x = 0; x < width; x++) view[y * width + x] = scene[row + mirror(x + k, width)];
    }
  }

  run() {
    return processFrame(this.registry, findEdges, this);
  }

  finish() {}
}

/** The capacity that frames of this size need, at least the default: 7 bytes per pixel and the blur's rows of floats. */
export function capacityFor({ width, height }) {
  const needed = width * height * 7 + (width + 32) * 14 * 4 + 2 ** 20;
  return Math.max(67_108_864, Math.ceil(needed / 65_536) * 65_536);
}
