// Graphs on canvases: lines over the last frames, and bars or curves over frequencies. Drawn by hand, since a library's
// objects per redraw would show up in the very heap that one of them plots.
const SAMPLES = 240;
const HEADROOM = 1.3; // the top edge over the greatest sample
const MOST_OVER_MEAN = 3;

export interface Colours {
  text: string;
  line: string;
  first: string;
  second: string;
}

export function readColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return { text: read('--muted'), line: read('--line'), first: read('--accent'), second: read('--warm') };
}

// A canvas that keeps as many pixels as the screen shows of it.
export class Plot {
  readonly context: CanvasRenderingContext2D;
  width = 0; // CSS pixels, as are all coordinates on it
  height = 0;

  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('This browser gives the page no 2D canvas.');
    this.context = context;
    new ResizeObserver(() => {
      this.width = canvas.clientWidth;
      this.height = canvas.clientHeight;
      canvas.width = Math.round(this.width * devicePixelRatio);
      canvas.height = Math.round(this.height * devicePixelRatio);
    }).observe(canvas);
  }

  clear(): CanvasRenderingContext2D {
    const { context } = this;
    const ratio = this.width === 0 ? 1 : context.canvas.width / this.width;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    return context;
  }
}

// A ring of the last samples of up to two series.
export class LineGraph {
  private readonly plot: Plot;
  private readonly rings: readonly Float64Array[];
  private next = 0;
  private filled = 0;
  private top = 0;
  private label = '';

  constructor(
    canvas: HTMLCanvasElement,
    series: 1 | 2,
    private readonly floor: number, // the least value at the top edge
    private readonly format: (value: number) => string,
    private readonly mark = 0, // a value with a dashed line; 0 for none
  ) {
    this.plot = new Plot(canvas);
    this.rings = Array.from({ length: series }, () => new Float64Array(SAMPLES));
  }

  push(first: number, second = 0): void {
    const [ring, other] = this.rings;
    if (ring !== undefined) ring[this.next] = first;
    if (other !== undefined) other[this.next] = second;
    this.next = (this.next + 1) % SAMPLES;
    this.filled = Math.min(SAMPLES, this.filled + 1);
  }

  draw(colours: Colours): void {
    const context = this.plot.clear();
    const { width, height } = this.plot;
    if (this.filled < 2) return;
    this.scale();
    context.lineWidth = 1;
    context.strokeStyle = colours.line;
    context.beginPath();
    for (let i = 0; i <= 2; i++) {
      const y = Math.round((height - 1) * (i / 2)) + 0.5;
      context.moveTo(0, y);
      context.lineTo(width, y);
    }
    context.stroke();
    if (this.mark > 0 && this.mark < this.top) {
      context.strokeStyle = colours.text;
      context.setLineDash(DASHES);
      context.beginPath();
      context.moveTo(0, this.height(this.mark));
      context.lineTo(width, this.height(this.mark));
      context.stroke();
      context.setLineDash(SOLID);
    }
    this.drawSeries(context, 1, colours.second);
    this.drawSeries(context, 0, colours.first);
    context.fillStyle = colours.text;
    context.font = '11px system-ui, sans-serif';
    context.textAlign = 'left';
    context.textBaseline = 'top';
    context.fillText(this.label, 4, 5);
  }

  // Up at once and down late, so that the line doesn't jump about; one long frame leaves the graph instead of
  // flattening all others.
  private scale(): void {
    let greatest = this.floor;
    let sum = 0;
    for (const ring of this.rings) {
      for (let i = 0; i < this.filled; i++) {
        greatest = Math.max(greatest, ring[i] as number);
        sum += ring[i] as number;
      }
    }
    const mean = sum / (this.filled * this.rings.length);
    const wanted = HEADROOM * Math.max(this.floor, Math.min(greatest, MOST_OVER_MEAN * mean));
    if (wanted > this.top || wanted < this.top * 0.6) {
      this.top = wanted;
      this.label = this.format(wanted);
    }
  }

  private height(value: number): number {
    return (this.plot.height - 1) * (1 - value / this.top);
  }

  private drawSeries(context: CanvasRenderingContext2D, index: number, colour: string): void {
    const ring = this.rings[index];
    if (ring === undefined) return;
    const step = this.plot.width / (SAMPLES - 1);
    let x = this.plot.width - step * (this.filled - 1);
    context.beginPath();
    for (let i = 0; i < this.filled; i++) {
      context.lineTo(x, this.height(ring[(this.next - this.filled + i + SAMPLES) % SAMPLES] as number));
      x += step;
    }
    context.strokeStyle = colour;
    context.lineWidth = 1.6;
    context.lineJoin = 'round';
    context.stroke();
    context.lineTo(this.plot.width, this.plot.height);
    context.lineTo(this.plot.width - step * (this.filled - 1), this.plot.height);
    context.globalAlpha = 0.12;
    context.fillStyle = colour;
    context.fill();
    context.globalAlpha = 1;
  }
}

const DASHES = [4, 4];
const SOLID: number[] = [];

// Heights on a square-root scale: one full bin, such as a black border, would flatten all others.
export function drawHistogram(plot: Plot, bins: Uint32Array, colours: Colours): void {
  const context = plot.clear();
  let greatest = 1;
  for (let i = 0; i < bins.length; i++) greatest = Math.max(greatest, bins[i] as number);
  const step = plot.width / bins.length;
  context.fillStyle = colours.first;
  context.beginPath();
  context.moveTo(0, plot.height);
  for (let i = 0; i < bins.length; i++) {
    const y = plot.height * (1 - Math.sqrt((bins[i] as number) / greatest));
    context.lineTo(i * step, y);
    context.lineTo((i + 1) * step, y);
  }
  context.lineTo(plot.width, plot.height);
  context.fill();
}
