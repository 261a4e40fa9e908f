// The generated sounds, rendered once into buffers that loop: a slow tune of plucked chords over a bass, and white
// noise.
const BEAT = 60 / 84; // seconds
const BEATS = 32;

// MIDI notes: Dm9, Bbmaj7, Fmaj9, C(add9); two bars each.
const CHORDS: readonly (readonly number[])[] = [
  [38, 62, 65, 69, 72, 76],
  [34, 58, 62, 65, 69, 74],
  [41, 60, 64, 65, 69, 72],
  [36, 60, 62, 64, 67, 71],
];
const ORDER = [1, 3, 4, 5, 2, 4, 3, 5];
const TUNE: readonly (readonly [beat: number, note: number])[] = [
  [0, 81],
  [1.5, 79],
  [2, 77],
  [3, 76],
  [5, 74],
  [8, 77],
  [9.5, 76],
  [10, 74],
  [11, 72],
  [13, 69],
  [16, 72],
  [17.5, 74],
  [18, 76],
  [19, 77],
  [21, 79],
  [24, 76],
  [25.5, 74],
  [26, 72],
  [27, 71],
  [29, 67],
];

export function renderMelody(context: BaseAudioContext): AudioBuffer {
  const { sampleRate } = context;
  const buffer = context.createBuffer(2, Math.round(BEATS * BEAT * sampleRate), sampleRate);
  const left = buffer.getChannelData(0);
  const right = buffer.getChannelData(1);
  for (let beat = 0; beat < BEATS; beat += 0.5) {
    const chord = CHORDS[Math.floor(beat / 8)] ?? [];
    const half = Math.round(beat * 2);
    const pan = 0.5 + 0.35 * Math.sin(half * 1.1);
    addNote(left, right, beat * BEAT, chord[ORDER[half % 8] ?? 1] ?? 60, 1.6, 0.085, pan, sampleRate);
    if (half % 8 === 0) addNote(left, right, beat * BEAT, chord[0] ?? 36, 3.4, 0.2, 0.5, sampleRate);
    else if (half % 8 === 5) addNote(left, right, beat * BEAT, (chord[0] ?? 36) + 12, 1.2, 0.11, 0.5, sampleRate);
    addHat(left, right, beat * BEAT, half % 2 === 0 ? 0.012 : 0.03, half, sampleRate);
  }
  for (const [beat, note] of TUNE) addNote(left, right, beat * BEAT, note, 2.2, 0.1, 0.45, sampleRate);
  return buffer;
}

export function renderNoise(context: BaseAudioContext): AudioBuffer {
  const buffer = context.createBuffer(1, 4 * context.sampleRate, context.sampleRate);
  const samples = buffer.getChannelData(0);
  for (let i = 0; i < samples.length; i++) samples[i] = 0.5 * (Math.random() - 0.5);
  return buffer;
}

// A bright pluck: harmonics that fall off with their number and die the sooner the higher they are. Notes that reach
// the end go on at the beginning, so that the loop has no seam.
function addNote(
  left: Float32Array,
  right: Float32Array,
  start: number, // seconds
  note: number, // MIDI
  length: number, // seconds
  gain: number,
  pan: number, // 0 left, 1 right
  sampleRate: number,
): void {
  const frequency = 440 * 2 ** ((note - 69) / 12);
  const first = Math.round(start * sampleRate);
  const count = Math.round(length * sampleRate);
  for (let harmonic = 1; harmonic <= 14 && harmonic * frequency < 0.4 * sampleRate; harmonic++) {
    const decay = Math.exp(-(1.6 + 0.55 * harmonic) / sampleRate / (length * 0.6));
    const angle = (2 * Math.PI * frequency * harmonic * (1 + 0.0004 * harmonic)) / sampleRate;
    // Sines by rotation: two multiplications a sample instead of a call.
    const turnCosine = Math.cos(angle) * decay;
    const turnSine = Math.sin(angle) * decay;
    let sine = 0;
    let cosine = gain / harmonic ** 1.15;
    for (let i = 0; i < count; i++) {
      const edge = Math.min(1, i / (0.004 * sampleRate), (count - i) / (0.05 * sampleRate));
      const at = (first + i) % left.length;
      left[at] = (left[at] as number) + sine * edge * (1 - pan);
      right[at] = (right[at] as number) + sine * edge * pan;
      const turned = sine * turnCosine + cosine * turnSine;
      cosine = cosine * turnCosine - sine * turnSine;
      sine = turned;
    }
  }
}

function addHat(
  left: Float32Array,
  right: Float32Array,
  start: number,
  gain: number,
  seed: number,
  sampleRate: number,
): void {
  const first = Math.round(start * sampleRate);
  const count = Math.round(0.07 * sampleRate);
  let state = seed * 7919 + 1;
  let last = 0;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const noise = state / 2 ** 31;
    const value = (noise - last) * gain * Math.exp((-60 * i) / sampleRate);
    last = noise;
    const at = (first + i) % left.length;
    left[at] = (left[at] as number) + value;
    right[at] = (right[at] as number) + value;
  }
}
