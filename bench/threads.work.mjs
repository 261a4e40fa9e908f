// What both threads of tables/threads.mjs do.

/** Frames of three blocks, as a callback of audio or video takes them. */
export function allocate(registry, frames) {
  for (let i = 0; i < frames; i++) {
    const frame = registry.openFrame();
    registry.f32(128);
    registry.f32(128);
    registry.f32(128);
    frame.close();
  }
}

/** The kernel rgba_to_luma in plain JavaScript. */
export function luma(rgba, out) {
  for (let i = 0; i < out.length; i++) {
    out[i] = (6966 * rgba[4 * i] + 23436 * rgba[4 * i + 1] + 2366 * rgba[4 * i + 2] + 16384) >> 15;
  }
}
