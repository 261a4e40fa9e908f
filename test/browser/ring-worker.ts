// The other end of ring.test.ts.
import { Ring, type RingHandle } from '../../src-ts/ring.ts';

self.onmessage = ({ data: [there, back] }: MessageEvent<RingHandle<'f32'>[]>) => {
  const input = Ring.attach(there as RingHandle<'f32'>);
  const output = Ring.attach(back as RingHandle<'f32'>);
  const piece = new Float32Array(100);
  for (;;) {
    input.waitReadable(100);
    input.read(piece);
    for (let i = 0; i < 100; i++) piece[i] = 2 * (piece[i] as number);
    output.waitWritable(100);
    output.write(piece);
  }
};
