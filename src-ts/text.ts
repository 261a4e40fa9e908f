// Strings and JSON in the arena, as UTF-8.

import type { ViewCache } from './cache.js';
import { elementCode, elementOf, type TaggedView, U8_KIND } from './elements.js';
import { ArenaError } from './errors.js';
import { show } from './show.js';

const U8 = /* @__PURE__ */ elementCode('u8');

// UTF-16 units. Up to here a loop is faster than the encoder, whose result is garbage unless the engine sees through it.
const SHORT = 64;

// Made on first use: an AudioWorklet has neither.
let encoder: TextEncoder | undefined;
let decoder: TextDecoder | undefined;

/** A u8 view of the UTF-8 bytes of `text`, encoded where they stay. */
export function writeString(cache: ViewCache, text: string): TaggedView {
  if (typeof text !== 'string')
    throw new ArenaError('ERR_INVALID_TYPE', `writeString got ${show(text)}: expected a string`);
  cache.assertUsable();
  // Browsers neither encode into memory that threads share nor decode from it.
  const encodes = typeof TextEncoder === 'function' && cache.buffer instanceof ArrayBuffer;
  const { length } = text;
  if (length <= SHORT || !encodes) {
    let units = 0;
    for (let i = 0; i < length; i++) units |= text.charCodeAt(i);
    if (units < 128) {
      const view = cache.next(U8, length);
      for (let i = 0; i < length; i++) view[i] = text.charCodeAt(i);
      return view;
    }
  }
  if (!encodes) return copyEscaped(cache, text);
  encoder ??= new TextEncoder();
  // A UTF-16 unit becomes three bytes at most: encode into a block that holds any text of this length, and then take
  // the block again with the bytes it came to; nothing moves.
  const start = cache.offset;
  const most = Math.min(text.length * 3, cache.free);
  let read = 0;
  let written = 0;
  if (most > 0) {
    const widest = cache.next(U8, most);
    ({ read, written } = encoder.encodeInto(text, widest as unknown as Uint8Array));
    cache.takeBack(widest, start);
  }
  if (read < text.length)
    throw cache.outOfMemory(`a string of ${text.length} UTF-16 units`, encoder.encode(text).length);
  return cache.next(U8, written);
}

// The same without a TextEncoder, slower and with garbage.
function copyEscaped(cache: ViewCache, text: string): TaggedView {
  const bytes = unescape(encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd')));
  const view = cache.take(U8, bytes.length);
  for (let i = 0; i < bytes.length; i++) view[i] = bytes.charCodeAt(i);
  return view;
}

/** The string whose UTF-8 bytes `view` shows; malformed bytes become U+FFFD. */
export function readString(cache: ViewCache, view: unknown, what = 'readString'): string {
  const tag = (view as TaggedView | undefined)?.tag;
  if (tag === undefined || !cache.lives(tag, U8_KIND)) {
    cache.assertUsable();
    if (elementOf(view)?.kind !== U8_KIND) {
      throw new ArenaError('ERR_INVALID_TYPE', `${what} got ${show(view)}: expected a view of u8`);
    }
    cache.assertLive(`what ${what} got`, view as TaggedView, 'u8');
  }
  return decodeUtf8(view as Uint8Array, cache.buffer);
}

export function writeJson(cache: ViewCache, value: unknown): TaggedView {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new ArenaError('ERR_INVALID_ARGUMENT', `writeJson: ${show(value)} has no JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
  if (text === undefined) throw new ArenaError('ERR_INVALID_ARGUMENT', `writeJson: ${show(value)} has no JSON`);
  return writeString(cache, text);
}

export function readJson(cache: ViewCache, view: unknown): unknown {
  const text = readString(cache, view, 'readJson');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ArenaError('ERR_INVALID_ARGUMENT', `readJson: ${show(text)} is not JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** `buffer` is what the bytes lie in, which reading it off a view takes engines long to find out. */
export function decodeUtf8(bytes: Uint8Array, buffer: ArrayBufferLike = bytes.buffer): string {
  if (typeof TextDecoder === 'function') {
    decoder ??= new TextDecoder('utf-8', { ignoreBOM: true });
    return decoder.decode(buffer instanceof ArrayBuffer ? bytes : bytes.slice());
  }
  // Messages stay readable where there is no TextDecoder.
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  try {
    return decodeURIComponent(escape(text));
  } catch {
    return text;
  }
}
