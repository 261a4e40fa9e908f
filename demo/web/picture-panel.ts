// The picture's controls, its loop and the live figures beside it.
import { processFrame, type Registry } from 'arena-bind';
import { element, formatBytes, formatMilliseconds, messageOf, setText, showNotice } from './dom';
import { drawHistogram, LineGraph, Plot, readColours } from './graph';
import { HeapWatch } from './heap';
import { PALETTES } from './palettes';
import { EFFECTS, type Effect, PictureFrame } from './picture';
import { PixelReader } from './pixels';
import { SceneSource, type Source, VideoSource } from './sources';
import { Trace } from './trace';

const TEXT_INTERVAL = 250; // milliseconds between changes of the figures: faster can't be read, and costs garbage
const FRAMES_PER_HEAP_SAMPLE = 6;
const FRAME_BUDGET = 1000 / 60; // milliseconds

export function startPicture(registry: Registry): void {
  const screen = element('picture', HTMLCanvasElement);
  const context = screen.getContext('2d', { alpha: false });
  if (context === null) throw new Error('This browser gives the page no 2D canvas.');
  const stage = document.createElement('canvas');
  const reader = new PixelReader(stage);
  const trace = new Trace();
  const picture = new PictureFrame(registry, reader, context, trace);
  const figures = new Figures(registry, picture, trace);
  const notice = element('picture-notice', HTMLElement);

  let source: Source = new SceneSource();
  let running = !matchMedia('(prefers-reduced-motion: reduce)').matches;
  let stale = true; // the picture on the screen isn't what the controls say
  let seconds = 20; // of the scene; what it shows then is worth a first look
  let last = 0;

  const frame = (now: number) => {
    requestAnimationFrame(frame);
    if (running) seconds += Math.min(0.1, (now - last) / 1000);
    last = now;
    if (!running && !stale) return;
    stale = false;
    const start = performance.now();
    try {
      source.draw(reader.drawing, stage.width, stage.height, seconds);
      const entered = performance.now();
      processFrame(registry, PictureFrame.run, picture);
      figures.add(start, performance.now() - entered);
    } catch (error) {
      setRunning(false);
      showNotice(notice, messageOf(error));
    }
  };

  const setRunning = (on: boolean) => {
    running = on;
    const button = element('pause', HTMLButtonElement);
    button.setAttribute('aria-pressed', String(!on));
    setText(button, on ? 'Pause' : 'Play');
  };

  const setSource = (next: Source, name: string) => {
    if (next !== source) source.stop();
    source = next;
    stale = true;
    setRunning(true);
    element('stage', HTMLElement).dataset.source = name;
  };

  wireControls();
  wireSources();
  setRunning(running);
  requestAnimationFrame(frame);

  function wireControls(): void {
    const change = (apply: () => void) => () => {
      apply();
      stale = true;
    };
    const effects = element('effects', HTMLFieldSetElement);
    for (const [value, label] of EFFECTS) effects.append(chip('effect', value, label, value === picture.effect));
    effects.addEventListener(
      'change',
      change(() => {
        picture.effect = chosen('effect') as Effect;
        applyEffect();
      }),
    );
    const palette = element('palette', HTMLSelectElement);
    for (const name of PALETTES.keys()) palette.append(new Option(name));
    const applyPalette = () => {
      picture.palette = PALETTES.get(palette.value) ?? picture.palette;
    };
    palette.addEventListener('change', change(applyPalette));
    const sigma = element('sigma', HTMLInputElement);
    const applySigma = () => {
      picture.sigma = sigma.valueAsNumber;
      setText(element('sigma-value', HTMLElement), picture.sigma === 0 ? 'off' : `${picture.sigma.toFixed(1)} px`);
    };
    sigma.addEventListener('input', change(applySigma));
    const split = element('split', HTMLInputElement);
    const applySplit = () => {
      picture.split = split.valueAsNumber / 100;
      element('stage', HTMLElement).style.setProperty('--split', String(picture.split));
    };
    split.addEventListener('input', change(applySplit));
    const size = element('size', HTMLSelectElement);
    const applySize = () => {
      const [width = 640, height = 360] = size.value.split('x').map(Number);
      for (const canvas of [stage, screen]) {
        canvas.width = width;
        canvas.height = height;
      }
    };
    size.addEventListener('change', change(applySize));
    const applyEffect = () => {
      setText(element('after-tag', HTMLElement), EFFECTS.get(picture.effect) ?? '');
      palette.disabled = picture.effect === 'ink' || picture.effect === 'neon';
      sigma.disabled = picture.effect === 'greyscale' || picture.effect === 'equalise';
    };
    // What stands on the controls counts, also what a browser put back after a reload.
    picture.effect = chosen('effect') as Effect;
    for (const apply of [applyEffect, applyPalette, applySigma, applySplit, applySize]) apply();
    element('pause', HTMLButtonElement).addEventListener('click', () => setRunning(!running));
  }

  function wireSources(): void {
    const radio = (value: string) =>
      document.querySelector<HTMLInputElement>(`input[name="source"][value="${value}"]`) as HTMLInputElement;
    let shown = 'scene';
    let attempts = 0;
    const open = async (name: string, make: () => Source | Promise<Source>) => {
      const attempt = ++attempts;
      showNotice(notice, '');
      try {
        const next = await make();
        if (attempt !== attempts) return next.stop(); // something else was chosen meanwhile
        shown = name;
        setSource(next, name);
      } catch (error) {
        if (attempt === attempts) showNotice(notice, messageOf(error));
      }
      if (attempt === attempts) radio(shown).checked = true;
    };
    const file = element('file', HTMLInputElement);
    radio('scene').checked = true;
    radio('scene').addEventListener('change', () => open('scene', () => new SceneSource()));
    radio('camera').addEventListener('change', () => open('camera', () => VideoSource.camera()));
    // A click and not a change: choosing another file while one plays changes nothing on the radio button.
    radio('file').addEventListener('click', () => file.click());
    file.addEventListener('change', () => {
      const picked = file.files?.[0];
      if (picked !== undefined) void open('file', () => VideoSource.file(picked));
      file.value = '';
    });
    file.addEventListener('cancel', () => {
      radio(shown).checked = true;
    });
    const target = element('stage', HTMLElement);
    target.addEventListener('dragover', (event) => {
      event.preventDefault();
      target.classList.add('dragged');
    });
    target.addEventListener('dragleave', () => target.classList.remove('dragged'));
    target.addEventListener('drop', (event) => {
      event.preventDefault();
      target.classList.remove('dragged');
      const dropped = event.dataTransfer?.files[0];
      if (dropped !== undefined) void open('file', () => VideoSource.file(dropped));
    });
  }
}

// The numbers and graphs: samples on each frame, text a few times a second.
class Figures {
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
  private shownAt = -TEXT_INTERVAL;
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
    const { outputs, picture, registry, heap } = this;
    setText(outputs.frames, this.frames.toLocaleString('en'));
    setText(outputs.rate, (((this.frames - this.shownFrames) * 1000) / (now - this.shownAt)).toFixed(0));
    this.shownAt = now;
    this.shownFrames = this.frames;
    setText(outputs.time, `${formatMilliseconds(this.arenaTime)} / ${formatMilliseconds(this.wholeTime)}`);
    setText(outputs.arena, formatBytes(picture.used));
    const share = (100 * picture.used) / registry.capacity;
    setText(outputs.arenaNote, `${share.toFixed(1)} % of ${formatBytes(registry.capacity)}, taken back by every reset`);
    if (heap.state === 'shown') {
      setText(outputs.heap, formatBytes(heap.used));
      setText(outputs.heapNote, `grows ${formatBytes(heap.grown / this.frames)} a frame, page and graphs included`);
      setText(outputs.collections, String(heap.falls));
      setText(outputs.collectionsNote, `in ${this.frames.toLocaleString('en')} frames, seen as falls of the heap`);
    } else {
      setText(outputs.heap, '–');
      setText(
        outputs.heapNote,
        heap.state === 'coarse'
          ? 'only rounded by this browser; start it with --enable-precise-memory-info'
          : 'not shown by this browser',
      );
      setText(outputs.collections, String(heap.fullCollections));
      setText(outputs.collectionsNote, 'full ones; small ones are not shown by this browser');
    }
    this.showTrace();
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
  item.textContent = name;
  return item;
}

function chip(group: string, value: string, label: string, checked: boolean): HTMLElement {
  const input = document.createElement('input');
  input.type = 'radio';
  input.name = group;
  input.value = value;
  input.checked = checked;
  const text = document.createElement('span');
  text.textContent = label;
  const item = document.createElement('label');
  item.append(input, text);
  return item;
}

function chosen(group: string): string {
  return document.querySelector<HTMLInputElement>(`input[name="${group}"]:checked`)?.value ?? '';
}
