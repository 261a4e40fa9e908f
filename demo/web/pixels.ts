// Pixels of the stage straight into a block. WebGL's readPixels writes into the memory it is given; getImageData makes
// a new array each time, so it is only for browsers without WebGL.
export class PixelReader {
  readonly drawing: CanvasRenderingContext2D;
  private readonly gl: WebGLRenderingContext | null;

  constructor(private readonly stage: HTMLCanvasElement) {
    this.gl = document.createElement('canvas').getContext('webgl', { alpha: false, antialias: false, depth: false });
    const drawing = stage.getContext('2d', { alpha: false, willReadFrequently: this.gl === null });
    if (drawing === null) throw new Error('This browser gives the page no 2D canvas.');
    this.drawing = drawing;
    if (this.gl !== null) attachTexture(this.gl);
  }

  get makesGarbage(): boolean {
    return this.gl === null || this.gl.isContextLost();
  }

  read(into: Uint8ClampedArray): void {
    const { gl, stage } = this;
    if (gl !== null && !gl.isContextLost()) {
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, stage);
      gl.readPixels(0, 0, stage.width, stage.height, gl.RGBA, gl.UNSIGNED_BYTE, into);
    } else {
      into.set(this.drawing.getImageData(0, 0, stage.width, stage.height).data);
    }
  }
}

// A texture as the framebuffer: its row 0 is the picture's first row, so nothing comes out upside down.
function attachTexture(gl: WebGLRenderingContext): void {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  // Without mipmaps and repetition a texture may have any size.
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
}
