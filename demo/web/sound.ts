// The sound: a source, the filter in the worklet, an analyser, the loudspeaker.
import { renderMelody, renderNoise } from './melody';
import { deviceMessage } from './sources';
import type { FilterOptions, FilterReport } from './worklet';
import workletAddress from './worklet?worker&url';

export type SoundSource = 'melody' | 'noise' | 'microphone';

export interface FilterSettings {
  mode: number;
  cutoff: number; // Hz
  resonance: number;
  volume: number; // 0..1
}

const START_PATIENCE = 3000; // milliseconds
const FOLLOW = 0.02; // seconds in which a parameter goes most of the way: no clicks

export class Sound {
  readonly spectrum: Float32Array<ArrayBuffer>;
  report: FilterReport = { quanta: 0, bytes: 0 };
  private readonly samples: Float32Array<ArrayBuffer>;
  private readonly buffers = new Map<string, AudioBuffer>();
  private stopSource: () => void = () => {};

  private constructor(
    private readonly context: AudioContext,
    private readonly filter: AudioWorkletNode,
    private readonly analyser: AnalyserNode,
    private readonly gain: GainNode,
  ) {
    analyser.fftSize = 4096;
    analyser.smoothingTimeConstant = 0.75;
    this.spectrum = new Float32Array(analyser.frequencyBinCount);
    this.samples = new Float32Array(2048);
    filter.connect(analyser).connect(gain).connect(context.destination);
    filter.port.onmessage = (event: MessageEvent<FilterReport>) => {
      this.report = event.data;
    };
  }

  // To be called from a click: browsers start no sound without one. `onFailure` hears of failures after the start.
  static async open(module: WebAssembly.Module, onFailure: (message: string) => void): Promise<Sound> {
    if (typeof AudioContext === 'undefined') throw new Error('This browser has no Web Audio.');
    const context = new AudioContext({ latencyHint: 'interactive' });
    if (context.audioWorklet === undefined) {
      await context.close();
      throw new Error('This browser runs no AudioWorklet here: it needs a page served over https or from localhost.');
    }
    await context.audioWorklet.addModule(workletAddress);
    const processorOptions: FilterOptions = { module };
    const filter = new AudioWorkletNode(context, 'arena-filter', {
      numberOfInputs: 1,
      outputChannelCount: [2],
      channelCount: 2,
      channelCountMode: 'explicit',
      processorOptions,
    });
    filter.onprocessorerror = () => onFailure('The filter stopped: its worklet threw an error. Reload the page.');
    return new Sound(context, filter, context.createAnalyser(), context.createGain());
  }

  async choose(source: SoundSource): Promise<void> {
    const { context } = this;
    if (source === 'microphone') {
      if (navigator.mediaDevices === undefined) {
        throw new Error('The microphone needs a page served over https or from localhost.');
      }
      let stream: MediaStream;
      try {
        stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true } });
      } catch (error) {
        throw new Error(deviceMessage(error, 'microphone'));
      }
      const node = context.createMediaStreamSource(stream);
      this.replaceSource(node, () => {
        for (const track of stream.getTracks()) track.stop();
      });
    } else {
      const node = context.createBufferSource();
      node.buffer = this.bufferOf(source);
      node.loop = true;
      node.start();
      this.replaceSource(node, () => node.stop());
    }
  }

  set(settings: Readonly<FilterSettings>): void {
    const { context, filter, gain } = this;
    const now = context.currentTime;
    filter.parameters.get('mode')?.setValueAtTime(settings.mode, now);
    filter.parameters.get('cutoff')?.setTargetAtTime(settings.cutoff, now, FOLLOW);
    filter.parameters.get('resonance')?.setTargetAtTime(settings.resonance, now, FOLLOW);
    gain.gain.setTargetAtTime(settings.volume ** 2, now, FOLLOW);
  }

  get sampleRate(): number {
    return this.context.sampleRate;
  }

  // Of the filtered sound before the volume, in decibels of full scale.
  level(): number {
    this.analyser.getFloatTimeDomainData(this.samples);
    let sum = 0;
    for (let i = 0; i < this.samples.length; i++) sum += (this.samples[i] as number) ** 2;
    return 10 * Math.log10(Math.max(sum / this.samples.length, 1e-10));
  }

  readSpectrum(): void {
    this.analyser.getFloatFrequencyData(this.spectrum);
  }

  // Resolves to whether the sound runs: on a machine without an audio output the browser's own promise never settles.
  async start(): Promise<boolean> {
    await Promise.race([this.context.resume(), new Promise((resolve) => setTimeout(resolve, START_PATIENCE))]);
    return this.context.state === 'running';
  }

  // Lets go of the microphone, too: `choose` comes before the next start.
  stop(): void {
    void this.context.suspend();
    this.stopSource();
    this.stopSource = () => {};
  }

  private bufferOf(source: 'melody' | 'noise'): AudioBuffer {
    const known = this.buffers.get(source);
    if (known !== undefined) return known;
    const made = source === 'noise' ? renderNoise(this.context) : renderMelody(this.context);
    this.buffers.set(source, made);
    return made;
  }

  private replaceSource(node: AudioNode, stop: () => void): void {
    this.stopSource();
    node.connect(this.filter);
    this.stopSource = () => {
      stop();
      node.disconnect();
    };
  }
}
