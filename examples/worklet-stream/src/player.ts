// The worker: makes music as fast as there is room for it, and sleeps in between.
import { Ring } from 'arena-bind/ring';
import type { PlayerOptions } from './streams';

const PIECE = 1024; // samples
const NOTES = [110, 164.81, 220, 277.18, 329.63, 277.18, 220, 164.81]; // Hz
const LENGTH = 0.18; // seconds of a note

self.onmessage = ({ data: { played, sampleRate } }: MessageEvent<PlayerOptions>) => {
  const ring = Ring.attach(played);
  const piece = new Float32Array(PIECE);
  let time = 0; // samples
  let phase = 0; // of a sawtooth, from 0 to 1
  for (;;) {
    for (let i = 0; i < PIECE; i++) {
      const note = time++ / (LENGTH * sampleRate);
      phase = (phase + (NOTES[Math.floor(note) % NOTES.length] as number) / sampleRate) % 1;
      piece[i] = (phase - 0.5) * 0.4 * Math.exp(-3 * (note % 1));
    }
    ring.waitWritable(PIECE);
    ring.write(piece);
  }
};
