// Something to play: a broken chord on plucked strings, after Karplus and Strong.
const NOTES = [40, 52, 59, 64, 67, 71, 76, 71, 67, 64, 59, 52, 38, 50, 57, 62, 66, 69, 74, 69, 66, 62, 57, 50]; // MIDI
const SPACING = 0.22; // seconds
export const SECONDS = NOTES.length * SPACING + 2;

export function renderStrings(context: BaseAudioContext): AudioBuffer {
  const { sampleRate } = context;
  const buffer = context.createBuffer(2, Math.round(SECONDS * sampleRate), sampleRate);
  const channels = [buffer.getChannelData(0), buffer.getChannelData(1)];
  NOTES.forEach((note, i) => {
    const period = Math.round(sampleRate / (440 * 2 ** ((note - 69) / 12)));
    const string = Float32Array.from({ length: period }, () => Math.random() * 2 - 1);
    const side = 0.5 + 0.35 * Math.sin(i);
    const start = Math.round(i * SPACING * sampleRate);
    const end = Math.min(buffer.length, start + 2.5 * sampleRate);
    for (let at = start, k = 0; at < end; at++, k = (k + 1) % period) {
      const sample = string[k];
      string[k] = 0.498 * (sample + string[(k + 1) % period]);
      channels[0][at] += sample * 0.4 * (1 - side);
      channels[1][at] += sample * 0.4 * side;
    }
  });
  return buffer;
}
