// What happened in a frame: its steps with their times and its blocks with their sizes, in arrays that are reused.
const MOST = 16;
const SMOOTHING = 0.06; // weight of the newest frame

export class Trace {
  readonly stepNames: string[] = new Array(MOST).fill('');
  readonly stepTimes = new Float64Array(MOST); // milliseconds, smoothed over frames
  stepCount = 0;
  readonly blockNames: string[] = new Array(MOST).fill('');
  readonly blockBytes = new Float64Array(MOST);
  blockCount = 0;
  // Goes up when the steps or blocks differ from those of the frame before.
  version = 0;

  private last = 0;
  private steps = 0;
  private blocks = 0;
  private changed = false;

  begin(): void {
    this.steps = 0;
    this.blocks = 0;
    this.changed = false;
    this.last = performance.now();
  }

  step(name: string): void {
    const now = performance.now();
    const index = this.steps++;
    const time = now - this.last;
    this.last = now;
    if (this.stepNames[index] !== name) {
      this.stepNames[index] = name;
      this.stepTimes[index] = time;
      this.changed = true;
    } else {
      const smoothed = this.stepTimes[index] as number;
      this.stepTimes[index] = smoothed + (time - smoothed) * SMOOTHING;
    }
  }

  block<T extends ArrayBufferView>(name: string, view: T): T {
    const index = this.blocks++;
    if (this.blockNames[index] !== name || this.blockBytes[index] !== view.byteLength) {
      this.blockNames[index] = name;
      this.blockBytes[index] = view.byteLength;
      this.changed = true;
    }
    return view;
  }

  end(): void {
    if (this.changed || this.steps !== this.stepCount || this.blocks !== this.blockCount) this.version++;
    this.stepCount = this.steps;
    this.blockCount = this.blocks;
  }
}
