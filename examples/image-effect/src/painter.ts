// One frame: pixels into the arena, through the kernel, and out to whoever shows them.
import { processFrame, Registry } from 'arena-bind';
import effects from './effects.cpp';

export async function createPainter() {
  const registry = await Registry.create({ module: effects });
  const oilPaint = registry.bind('oil_paint');
  let painted: ImageData | undefined;

  return {
    /** Bytes of the arena: of the pixels, and of those with the kernel's own tables. */
    memory: { pixels: 0, peak: 0 },

    /** Paints a copy of `pixels` and gives it to `show`, whose picture is gone when it returns. */
    paint({ data, width, height }: ImageData, radius: number, show: (painted: ImageData) => void): void {
      processFrame(registry, () => {
        const block = registry.u8c(data);
        oilPaint(block, block, width, height, radius);
        // The same view in every frame of one size, so this makes an ImageData only when the size has changed.
        if (painted?.data !== block || painted.width !== width) painted = new ImageData(block, width, height);
        this.memory.pixels = registry.stats.used;
        this.memory.peak = registry.stats.peak;
        show(painted);
      });
    },
  };
}
