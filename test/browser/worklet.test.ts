// A registry in an AudioWorklet: created at once from a posted module, it filters what an OfflineAudioContext plays.
import { expect, test } from 'vitest';
import type { WorkletReport } from './worklet.ts';

const TAPS = [0.5, -0.25, 0.125, 0.0625, 1];
const LENGTH = 128 * 40;

const answer = <T>(port: MessagePort, message: unknown) =>
  new Promise<T>((resolve) => {
    port.onmessage = ({ data }) => resolve(data as T);
    port.postMessage(message);
  });

test('filters every quantum of a sound with its state in persistent blocks', async () => {
  const module = await WebAssembly.compileStreaming(fetch(new URL('../../build/core.wasm', import.meta.url)));
  const context = new OfflineAudioContext(1, LENGTH, 48_000);
  await context.audioWorklet.addModule(new URL('./worklet.ts', import.meta.url));
  const node = new AudioWorkletNode(context, 'filter');
  expect(await answer(node.port, { module, taps: TAPS })).toBe('ready');

  const samples = Float32Array.from({ length: LENGTH }, (_, i) => Math.sin(i * i));
  const sound = context.createBuffer(1, LENGTH, 48_000);
  sound.copyToChannel(samples, 0);
  const source = new AudioBufferSourceNode(context, { buffer: sound });
  source.connect(node).connect(context.destination);
  source.start();
  const output = (await context.startRendering()).getChannelData(0);

  let worst = 0;
  for (let i = 0; i < LENGTH; i++) {
    const expected = TAPS.reduce((sum, tap, k) => sum + tap * (samples[i - k] ?? 0), 0);
    worst = Math.max(worst, Math.abs((output[i] as number) - expected));
  }
  expect(worst).toBeLessThan(1e-6);
  expect(output.some((sample) => Math.abs(sample) > 0.5)).toBe(true);

  const report = await answer<WorkletReport>(node.port, 'report');
  expect(report).toMatchObject({ used: 0, persistent: 40, cachedViews: 2 });
  expect(report.frames).toBeGreaterThanOrEqual(LENGTH / 128);
  expect(report.epoch).toBe(report.frames);
  expect(report.codes).toEqual([
    'ERR_INVALID_LENGTH',
    'ERR_OUT_OF_MEMORY',
    'ERR_UNKNOWN_KERNEL',
    'ERR_FOREIGN_VIEW',
    'ERR_KERNEL_FAILED',
    'ERR_BAD_MODULE',
  ]);
  // Without TextEncoder and TextDecoder, which a worklet lacks.
  expect(report.text).toBe('aé日😀%\0\ufffd');
});
