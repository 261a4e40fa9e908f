// The spelling that the wasm travels in: what tools/generate.mjs writes, letters.ts reads.
import { expect, test } from 'vitest';
import { letters } from '../../src-ts/core.gen.ts';
import { letters as threadsLetters } from '../../src-ts/core.threads.gen.ts';
import { decodeLetters } from '../../src-ts/letters.ts';
import { wasm } from './helpers.ts';

test.each([
  ['core', letters],
  ['core.threads', threadsLetters],
])('%s reads as it was written, in letters that no quote or charset minds', (name, text) => {
  expect(text).toMatch(/^[(-[\]-~0-9a-f]+$/);
  expect(Buffer.compare(decodeLetters(text), wasm(name))).toBe(0);
});
