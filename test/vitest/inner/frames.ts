// Run by pools.test.ts inside another Vitest: which of these must fail, and how, is said there.
import { describe, expect } from 'vitest';
import { expectZeroGarbage, test } from '../../../src-ts/vitest/index.ts';

const data = Float32Array.from({ length: 128 }, (_, i) => Math.sin(i));
const output = new Float32Array(128);
let sink: unknown;

describe('fixture', () => {
  test('leaves a frame open', ({ registry }) => {
    registry.openFrame();
    registry.f32(3);
  });
  test('leaves two empty frames open', ({ registry }) => {
    registry.openFrame();
    registry.openFrame();
  });
  test('fails by itself with a frame open', ({ registry }) => {
    registry.openFrame();
    throw new Error('of its own');
  });
  test('closes its frame', ({ registry }) => {
    registry.openFrame().close();
  });
  test('takes no registry', () => {});
});

describe('zero garbage', () => {
  test('holds', ({ registry }) => {
    const report = expectZeroGarbage(registry, () => {
      registry.bind('apply_filter')(registry.f32(data), registry.f32(data.length));
      output.set(data);
    });
    expect(report).toMatchObject({ seen: 'heap', collections: 0 });
  });
  test('does not hold', ({ registry }) => {
    expectZeroGarbage(registry, function leaky() {
      sink = { sink: 0.5 };
    });
  });
});

describe('matchers', () => {
  test('hold', ({ registry }) => {
    expect(registry.f32([0.5, 0.25])).toBeCloseToArray([0.5, 0.25]);
    expect(registry.f32([0.5, 0.25])).toEqual(new Float32Array([0.5, 0.25]));
  });
  test('do not hold', ({ registry }) => {
    expect(registry.f32([0.5, 0.25])).toBeCloseToArray([0.5, 0.75]);
  });
});
if (sink === output) throw new Error('never');
