// The library passes its own tests, and can be used as it would be published.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { Example } from './example.js';

const example = new Example('kernel-library');

it('passes its own tests, which fail when a kernel is wrong', async () => {
  expect(await example.succeed('test')).toMatch(/Tests +\d\d passed/);
  const source = example.path('src/series.cpp');
  const text = readFileSync(source, 'utf8');
  writeFileSync(source, text.replace('in[i] > threshold', 'in[i] >= threshold'));
  const { code, output } = await example.run('test');
  writeFileSync(source, text);
  expect(code).toBe(1);
  expect(output).toContain('peaks > are none on a rising plateau, and none below the threshold');
  expect(output).toMatch(/Tests +1 failed/);
});

it('is typed', async () => {
  await example.succeed('typecheck');
});

it('builds, and works as a package', async () => {
  expect(await example.succeed('build')).toContain('3 kernels (median, peaks, resample)');
  const { exports } = JSON.parse(readFileSync(example.path('package.json'), 'utf8'));
  expect(readFileSync(example.path(exports.types), 'utf8')).toContain('peaks(input: Readonly<Float32Array>');
  const { default: series } = await import(/* @vite-ignore */ pathToFileURL(example.path(exports.default)).href);
  const { Registry } = await import(
    /* @vite-ignore */ pathToFileURL(example.path('../node_modules/arena-bind/dist/esm/node.js')).href
  );
  const registry = await Registry.create({ module: series });
  const out = registry.f32(3);
  registry.bind('resample')(registry.f32([1, 3]), out);
  expect([...out]).toEqual([1, 2, 3]);
});
