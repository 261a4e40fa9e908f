// The picture's controls, its sources and its loop.
import { processFrame, type Registry } from 'arena-bind';
import { element, messageOf, setText, showNotice } from './dom';
import { Figures } from './figures';
import { PALETTES } from './palettes';
import { EFFECTS, type Effect, PictureFrame } from './picture';
import { PixelReader } from './pixels';
import { Scene } from './scene';
import { type Source, VideoSource } from './sources';
import { Trace } from './trace';

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

  let source: Source = new Scene(reader.drawing);
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
      source.draw(seconds);
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
    radio('scene').addEventListener('change', () => open('scene', () => new Scene(reader.drawing)));
    radio('camera').addEventListener('change', () => open('camera', () => VideoSource.camera(reader.drawing)));
    // A click and not a change: choosing another file while one plays changes nothing on the radio button.
    radio('file').addEventListener('click', () => file.click());
    file.addEventListener('change', () => {
      const picked = file.files?.[0];
      if (picked !== undefined) void open('file', () => VideoSource.file(reader.drawing, picked));
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
      if (dropped !== undefined) void open('file', () => VideoSource.file(reader.drawing, dropped));
    });
  }
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
