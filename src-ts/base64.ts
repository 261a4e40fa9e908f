/** Decodes base64. Not atob, which an AudioWorklet lacks. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const values = new Uint8Array(128);
  for (let i = 0; i < digits.length; i++) values[digits.charCodeAt(i)] = i;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  const value = (i: number) => values[text.charCodeAt(i)] as number;
  for (let i = 0, out = 0; i < text.length; i += 4) {
    const group = (value(i) << 18) | (value(i + 1) << 12) | (value(i + 2) << 6) | value(i + 3);
    bytes[out++] = group >> 16;
    bytes[out++] = group >> 8; // stores past the end are ignored
    bytes[out++] = group;
  }
  return bytes;
}
