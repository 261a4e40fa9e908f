// The live figures beside the picture: samples on each frame, text a few times a second.
import type { Registry } from 'arena-bind';
import { element, formatBytes, formatMilliseconds, setText } from './dom';
import { drawHistogram, LineGraph, Plot, readColours } from './graph';
import { HeapWatch } from './heap';
import type { PictureFrame } from './picture';
import type { Trace } from './trace';

const TEXT_INTERVAL = 250; // milliseconds between changes of the figures: faster can't be read, and costs garbage
const FRAMES_PER_HEAP_SAMPLE = 6;
const WARM_UP = 240; // frames whose collections don't count: engines compile and recompile in them
const FRAME_BUDGET = 1000 / 60; // milliseconds

const HEAP_NOTES = {
  coarse: 'only rounded by this browser; start it with --enable-precise-memory-info',
  hidden: 'not shown by this browser',
};

export class Figures {
  private readonly time = new LineGraph(element('time', HTMLCanvasElement), 2, 4, formatMilliseconds, FRAME_BUDGET);
  private readonly arena = new LineGraph(element('arena', HTMLCanvasElement), 1, 256 * 1024, formatBytes);
  private readonly heapGraph = new LineGraph(element('heap', HTMLCanvasElement), 1, 1024 * 1024, formatBytes);
  private readonly histogram = new Plot(element('histogram', HTMLCanvasElement));
  private readonly heap = new HeapWatch();
  private readonly outputs = {
    frames: element('frames', HTMLElement),
    rate: element('rate', HTMLElement),
    time: element('time-value', HTMLElement),
    arena: element('arena-value', HTMLElement),
    arenaNote: element('arena-note', HTMLElement),
    heap: element('heap-value', HTMLElement),
    heapNote: element('heap-note', HTMLElement),
    collections: element('collections', HTMLElement),
    collectionsNote: element('collections-note', HTMLElement),
  };
  private readonly steps = element('steps', HTMLElement);
  private readonly blocks = element('blocks', HTMLElement);
  private colours = readColours();
  private frames = 0;
  private arenaTime = 0; // milliseconds, smoothed
  private wholeTime = 0;
  private shownVersion = -1;
  private shownAt = performance.now();
  private shownFrames = 0;

  constructor(
    private readonly registry: Registry,
    private readonly picture: PictureFrame,
    private readonly trace: Trace,
  ) {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.colours = readColours();
    });
  }

  add(start: number, arenaTime: number): void {
    const { colours, picture } = this;
    this.frames++;
    this.arena.push(picture.used);
    if (this.frames === WARM_UP) this.heap.forgetCollections();
    if (this.frames % FRAMES_PER_HEAP_SAMPLE === 0) {
      this.heap.sample();
      if (this.heap.state === 'shown') this.heapGraph.push(this.heap.used);
    }
    drawHistogram(this.histogram, picture.histogram, colours);
    this.time.draw(colours);
    this.arena.draw(colours);
    this.heapGraph.draw(colours);
    const now = performance.now();
    if (now - this.shownAt >= TEXT_INTERVAL) this.showText(now);
    const wholeTime = performance.now() - start;
    this.time.push(arenaTime, wholeTime);
    this.arenaTime += (arenaTime - this.arenaTime) * 0.1;
    this.wholeTime += (wholeTime - this.wholeTime) * 0.1;
  }

  private showText(now: number): void {
    const { outputs, picture, registry } = this;
    setText(outputs.frames, this.frames.toLocaleString('en'));
    setText(outputs.rate, (((this.frames - this.shownFrames) * 1000) / (now - this.shownAt)).toFixed(0));
    this.shownAt = now;
    this.shownFrames = this.frames;
    setText(outputs.time, `${formatMilliseconds(this.arenaTime)} / ${formatMilliseconds(this.wholeTime)}`);
    setText(outputs.arena, formatBytes(picture.used));
    const share = (100 * picture.used) / registry.capacity;
    setText(outputs.arenaNote, `${share.toFixed(1)} % of ${formatBytes(registry.capacity)}, taken back by every reset`);
    this.showHeap();
    this.showTrace();
  }

  private showHeap(): void {
    const { outputs, heap } = this;
    if (heap.state === 'shown') {
      setText(outputs.heap, formatBytes(heap.used));
      setText(
        outputs.heapNote,
        `grows ${formatBytes(heap.growth / FRAMES_PER_HEAP_SAMPLE)} a frame, page and graphs included`,
      );
    } else {
      setText(outputs.heap, '–');
      setText(outputs.heapNote, HEAP_NOTES[heap.state]);
    }
    const counted = this.frames - WARM_UP;
    const inFrames = `in ${counted.toLocaleString('en')} frames, after ${WARM_UP} to warm up`;
    if (counted < 0) {
      setText(outputs.collectionsNote, `counted after ${WARM_UP} frames to warm up`);
    } else if (heap.state === 'shown') {
      setText(outputs.collections, String(heap.falls));
      setText(outputs.collectionsNote, inFrames);
    } else {
      setText(outputs.collections, String(heap.fullCollections));
      setText(outputs.collectionsNote, `full ones ${inFrames}; small ones are not shown by this browser`);
    }
  }

  private showTrace(): void {
    const { trace, steps, blocks } = this;
    if (trace.version !== this.shownVersion) {
      this.shownVersion = trace.version;
      steps.replaceChildren(...trace.stepNames.slice(0, trace.stepCount).map(stepItem));
      const total = trace.blockBytes.slice(0, trace.blockCount).reduce((sum, bytes) => sum + bytes, 0);
      blocks.replaceChildren(
        ...trace.blockNames
          .slice(0, trace.blockCount)
          .map((name, index) => blockItem(name, trace.blockBytes[index] as number, total)),
      );
      setText(element('blocks-total', HTMLElement), formatBytes(total));
    }
    let longest = 0;
    for (let i = 0; i < trace.stepCount; i++) longest = Math.max(longest, trace.stepTimes[i] as number);
    for (let i = 0; i < steps.children.length; i++) {
      const item = steps.children[i] as HTMLElement;
      const time = trace.stepTimes[i] as number;
      item.style.setProperty('--share', (time / Math.max(longest, 1e-3)).toFixed(3));
      setText(item.lastElementChild as Element, formatMilliseconds(time));
    }
  }
}

function stepItem(name: string): HTMLElement {
  const item = document.createElement('li');
  const label = document.createElement('span');
  label.textContent = name;
  // Names with spaces are the page's own work; the others are kernels.
  if (!name.includes(' ')) label.className = 'kernel';
  item.append(label, document.createElement('span'));
  return item;
}

function blockItem(name: string, bytes: number, total: number): HTMLElement {
  const item = document.createElement('span');
  item.setAttribute('role', 'listitem');
  item.style.flexGrow = String(Math.max(bytes / total, 0.02));
  item.title = `${name}: ${formatBytes(bytes)}`;
  if (bytes > total / 30) item.textContent = name; // else there is no room for it
  return item;
}
