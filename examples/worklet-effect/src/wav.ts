// A sound as a WAV file of 32-bit floats.
const HEADER = 44; // bytes
const FLOATS = 3;

export function encodeWav(sound: AudioBuffer): Blob {
  const { numberOfChannels: channels, length, sampleRate } = sound;
  const view = new DataView(new ArrayBuffer(HEADER + 4 * channels * length));
  const text = (at: number, letters: string) => {
    for (let i = 0; i < letters.length; i++) view.setUint8(at + i, letters.charCodeAt(i));
  };
  text(0, 'RIFF');
  view.setUint32(4, view.byteLength - 8, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, FLOATS, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, 4 * channels * sampleRate, true);
  view.setUint16(32, 4 * channels, true);
  view.setUint16(34, 32, true);
  text(36, 'data');
  view.setUint32(40, view.byteLength - HEADER, true);
  for (let c = 0; c < channels; c++) {
    const samples = sound.getChannelData(c);
    for (let i = 0; i < length; i++) view.setFloat32(HEADER + 4 * (i * channels + c), samples[i], true);
  }
  return new Blob([view], { type: 'audio/wav' });
}
