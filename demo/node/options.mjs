import { parseArgs } from 'node:util';

export const help = `Usage: npm run demo -- [options]

Runs a recording and a picture through the arena, frame by frame, and measures what that costs.
The recording goes in quanta of 128 samples through a biquad high-pass and an FIR low-pass, all channels in one frame.
The picture goes as seen by a moving camera through luma, Gaussian blur and Sobel edges.

  --wav FILE      the recording: WAV, PCM of 8 to 32 bits or float (default: 12 s of music)
  --picture FILE  the picture: PNG or JPEG (default: the baboon test image)
  --frames N      how many frames of the picture, 1 to 1000000 (default: 300)
  --out DIR       where the files go (default: demo-output)
  --json          the last line of the output is the table as one JSON object, times in nanoseconds
  --help          this text

Writes before.wav, after.wav, before.png, luma.png, blur.png, after.png and report.html.
`;

/** What a person can mend: shown as one line, without a stack. */
export class UserError extends Error {}

/** @returns {{ wav?: string, picture?: string, frames: number, out: string, json: boolean, help: boolean }} */
export function readOptions(args) {
  const options = {
    wav: { type: 'string' },
    picture: { type: 'string' },
    frames: { type: 'string', default: '300' },
    out: { type: 'string', default: 'demo-output' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  };
  let values;
  try {
    ({ values } = parseArgs({ args, options }));
  } catch (error) {
    throw new UserError(`${error.message.split(/\. |\n/)[0]}. --help lists the options`);
  }
  const frames = Number(values.frames);
  if (!Number.isInteger(frames) || frames < 1 || frames > 1e6) {
    throw new UserError(`--frames ${values.frames}: expected a whole number from 1 to 1000000`);
  }
  return { ...values, frames };
}
