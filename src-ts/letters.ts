const ROW = 64; // values that have one letter, and those of each row behind them
const TABLE = 64; // digits
const FIRST = 40; // the code of the first letter
const SKIPPED = 92; // that of the backslash

/**
 * The bytes of a text. The prebuilt kernels travel so: it survives any charset, needs nothing that an AudioWorklet lacks, and
 * compressed it is 4 % larger than the bytes themselves (base64 is 47 % larger, since it hides where they repeat).
 *
 * The 64 values that occur most have a letter each, in the order of their value, and so do those of each further 64, behind
 * one of three letters that says which. Which ones occur most stands at the beginning: a bit for each value, four to a hex digit.
 * tools/generate.mjs writes it.
 * @internal
 */
export function decodeLetters(text: string): Uint8Array<ArrayBuffer> {
  const most: number[] = [];
  const others: number[] = [];
  for (let value = 0; value < 256; value++) {
    const isOften = (Number.parseInt(text[value >> 2] as string, 16) >> (value & 3)) & 1;
    (isOften ? most : others).push(value);
  }
  const values = most.concat(others);
  const bytes: number[] = [];
  let row = 0;
  for (let i = TABLE; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const letter = code - FIRST - (code > SKIPPED ? 1 : 0);
    if (letter < ROW) {
      bytes.push(values[row + letter] as number);
      row = 0;
    } else row = ROW * (letter - ROW + 1);
  }
  return Uint8Array.from(bytes);
}
