// Cloudflare's runtime: it compiles no bytes, so the `workerd` condition imports the module.
import { dirname } from 'node:path';
import * as esbuild from 'esbuild';
import { Miniflare } from 'miniflare';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { error, INPUT, LIFECYCLE_JS } from './lifecycle.js';
import { inProject, write } from './project.js';

let worker: Miniflare;

beforeAll(async () => {
  const entry = write(
    'workerd/worker.mjs',
    `import { Registry } from 'arena-bind';
    export default {
      async fetch(request) {
        const registry = await Registry.create();
        ${LIFECYCLE_JS}
        return Response.json(Array.from(processFrame(Float32Array.from(await request.json()))));
      },
    };`,
  );
  // As wrangler does it: one script, with each .wasm beside it as a module of its own.
  await esbuild.build({
    entryPoints: [entry],
    outfile: inProject('workerd/bundle.mjs'),
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker'],
    loader: { '.wasm': 'copy' },
    absWorkingDir: inject('project'),
    logLevel: 'error',
  });
  worker = new Miniflare({
    modules: true,
    modulesRoot: dirname(inProject('workerd/bundle.mjs')),
    modulesRules: [
      { type: 'ESModule', include: ['**/*.mjs'] },
      { type: 'CompiledWasm', include: ['**/*.wasm'] },
    ],
    scriptPath: inProject('workerd/bundle.mjs'),
    compatibilityDate: '2026-04-01',
    cf: false,
  });
});
afterAll(() => worker?.dispose());

it('runs the lifecycle', async () => {
  const response = await worker.dispatchFetch('http://localhost/', { method: 'POST', body: JSON.stringify(INPUT) });
  expect(error((await response.json()) as number[])).toBeLessThan(1e-6);
});
