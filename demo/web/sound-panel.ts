// The sound's controls, and its spectrum with the filter's response over it.
import { element, formatBytes, messageOf, setText, showNotice } from './dom';
import { LEAST_CUTOFF, MODES, MOST_CUTOFF } from './filter';
import { readColours } from './graph';
import { type FilterSettings, Sound, type SoundSource } from './sound';
import { Spectrum } from './spectrum';

const TEXT_INTERVAL = 250; // milliseconds

export function startSound(module: WebAssembly.Module): void {
  const button = element('play', HTMLButtonElement);
  const select = element('sound-source', HTMLSelectElement);
  const notice = element('sound-notice', HTMLElement);
  let sound: Sound | undefined;
  let playing = false;
  const settings = wireSettings(() => {
    sound?.set(settings);
    spectrum.followSettings();
    if (!playing) requestAnimationFrame(drawOnce);
  });
  const spectrum = new Spectrum(element('spectrum', HTMLCanvasElement), settings);
  let shown: string = select.value; // the source that is heard
  let shownAt = 0;
  let colours = readColours();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    colours = readColours();
    if (!playing) requestAnimationFrame(drawOnce);
  });

  button.addEventListener('click', () => {
    void guarded(async () => {
      if (playing) {
        sound?.stop();
        setPlaying(false);
        return;
      }
      sound ??= await Sound.open(module, (message) => {
        showNotice(notice, message);
        setPlaying(false);
      });
      sound.set(settings);
      await sound.choose(select.value as SoundSource);
      shown = select.value;
      setPlaying(true);
      if (!(await sound.start())) {
        showNotice(notice, 'The browser does not start the sound. Has this machine an audio output?');
      }
    });
  });
  select.addEventListener('change', () => {
    if (!playing) return;
    void guarded(async () => {
      try {
        await sound?.choose(select.value as SoundSource);
        shown = select.value;
      } finally {
        select.value = shown;
      }
    });
  });

  // One thing at a time: a second click while the first one waits for a permission would start a second sound.
  async function guarded(action: () => Promise<void>): Promise<void> {
    showNotice(notice, '');
    button.disabled = true;
    select.disabled = true;
    try {
      await action();
    } catch (error) {
      showNotice(notice, messageOf(error));
    } finally {
      button.disabled = false;
      select.disabled = false;
    }
  }

  function setPlaying(on: boolean): void {
    playing = on;
    button.setAttribute('aria-pressed', String(on));
    setText(button, on ? 'Stop sound' : 'Start sound');
    if (on) requestAnimationFrame(frame);
  }

  function frame(now: number): void {
    if (!playing || sound === undefined) return;
    requestAnimationFrame(frame);
    sound.readSpectrum();
    spectrum.draw(sound, colours);
    if (now - shownAt < TEXT_INTERVAL) return;
    shownAt = now;
    setText(element('level', HTMLElement), `${sound.level().toFixed(1)} dB`);
    setText(element('quanta', HTMLElement), sound.report.quanta.toLocaleString('en'));
    setText(element('quantum-bytes', HTMLElement), formatBytes(sound.report.bytes));
  }

  function drawOnce(): void {
    spectrum.draw(sound, colours);
  }
  new ResizeObserver(drawOnce).observe(spectrum.canvas);
}

function wireSettings(changed: () => void): FilterSettings {
  const settings: FilterSettings = { mode: 0, cutoff: 0, resonance: 0, volume: 0 };
  const mode = element('mode', HTMLSelectElement);
  for (const [index, name] of MODES.entries()) mode.append(new Option(name, String(index)));
  const cutoff = element('cutoff', HTMLInputElement);
  const resonance = element('resonance', HTMLInputElement);
  const volume = element('volume', HTMLInputElement);
  const read = () => {
    settings.mode = Number(mode.value);
    // Even steps for the ear: the slider is the logarithm of the frequency.
    settings.cutoff = LEAST_CUTOFF * (MOST_CUTOFF / LEAST_CUTOFF) ** cutoff.valueAsNumber;
    settings.resonance = resonance.valueAsNumber;
    settings.volume = volume.valueAsNumber / 100;
    const hertz = settings.cutoff < 1000 ? settings.cutoff.toFixed(0) : (settings.cutoff / 1000).toFixed(2);
    setText(element('cutoff-value', HTMLElement), `${hertz} ${settings.cutoff < 1000 ? 'Hz' : 'kHz'}`);
    cutoff.setAttribute('aria-valuetext', `${settings.cutoff.toFixed(0)} hertz`);
    setText(element('resonance-value', HTMLElement), settings.resonance.toFixed(1));
    setText(element('volume-value', HTMLElement), `${volume.value} %`);
  };
  for (const control of [mode, cutoff, resonance, volume]) {
    control.addEventListener('input', () => {
      read();
      changed();
    });
  }
  read();
  return settings;
}
