// A canvas context that takes coordinates in units and hands them on as whole sixteenths: engines allocate for every
// fraction that they pass to the canvas, and a frame here should make no garbage.
const SUBUNITS = 16;
const FULL_TURN = 2 * Math.PI;

export class Pen {
  constructor(readonly context: CanvasRenderingContext2D) {}

  // Until `end`, a picture of so many units covers the whole canvas.
  begin(unitsWide: number, unitsHigh: number): void {
    const { canvas } = this.context;
    this.context.save();
    this.context.scale(canvas.width / unitsWide / SUBUNITS, canvas.height / unitsHigh / SUBUNITS);
  }

  end(): void {
    this.context.restore();
  }

  moveOrigin(x: number, y: number): void {
    this.context.translate((x * SUBUNITS) | 0, (y * SUBUNITS) | 0);
  }

  rectangle(colour: string | CanvasGradient, x: number, y: number, width: number, height: number): void {
    this.context.fillStyle = colour;
    this.context.fillRect((x * SUBUNITS) | 0, (y * SUBUNITS) | 0, (width * SUBUNITS) | 0, (height * SUBUNITS) | 0);
  }

  ellipse(colour: string, x: number, y: number, radiusX: number, radiusY: number): void {
    const { context } = this;
    context.fillStyle = colour;
    context.beginPath();
    context.ellipse(
      (x * SUBUNITS) | 0,
      (y * SUBUNITS) | 0,
      (radiusX * SUBUNITS) | 0,
      (radiusY * SUBUNITS) | 0,
      0,
      0,
      FULL_TURN,
    );
    context.fill();
  }

  // A path starts here, goes on with `to` and `curve`, and ends with `fill` or `stroke`.
  from(x: number, y: number): void {
    this.context.beginPath();
    this.context.moveTo((x * SUBUNITS) | 0, (y * SUBUNITS) | 0);
  }

  to(x: number, y: number): void {
    this.context.lineTo((x * SUBUNITS) | 0, (y * SUBUNITS) | 0);
  }

  curve(x1: number, y1: number, x2: number, y2: number, x: number, y: number): void {
    this.context.bezierCurveTo(
      (x1 * SUBUNITS) | 0,
      (y1 * SUBUNITS) | 0,
      (x2 * SUBUNITS) | 0,
      (y2 * SUBUNITS) | 0,
      (x * SUBUNITS) | 0,
      (y * SUBUNITS) | 0,
    );
  }

  fill(colour: string): void {
    this.context.fillStyle = colour;
    this.context.fill();
  }

  stroke(colour: string, width: number): void {
    this.context.strokeStyle = colour;
    this.context.lineWidth = (width * SUBUNITS) | 0;
    this.context.stroke();
  }

  // Both for good: not to be made in each frame.
  verticalGradient(top: number, bottom: number, stops: readonly (readonly [number, string])[]): CanvasGradient {
    const gradient = this.context.createLinearGradient(0, top * SUBUNITS, 0, bottom * SUBUNITS);
    for (const [at, colour] of stops) gradient.addColorStop(at, colour);
    return gradient;
  }

  radialGradient(
    x: number,
    y: number,
    inner: number,
    outer: number,
    stops: readonly (readonly [number, string])[],
  ): CanvasGradient {
    const centre = [x * SUBUNITS, y * SUBUNITS] as const;
    const gradient = this.context.createRadialGradient(...centre, inner * SUBUNITS, ...centre, outer * SUBUNITS);
    for (const [at, colour] of stops) gradient.addColorStop(at, colour);
    return gradient;
  }
}
