// The plugin in TypeScript: it fits each bundler's own types, and its options are checked.
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { project, run, tool } from '../cmake/project.js';
import { expectRefusals } from '../types/refusals.js';

const toolbox = fileURLToPath(new URL('../toolbox/node_modules', import.meta.url));
const packages: Record<string, string> = {
  'vite-5': join(toolbox, 'vite-5'),
  'vite-6': join(toolbox, 'vite-6'),
  'vite-7': join(toolbox, 'vite-7'),
  vite: tool('vite'),
  vitest: tool('vitest'),
  rollup: join(toolbox, 'rollup'),
  rolldown: join(toolbox, 'rolldown'),
  webpack: join(toolbox, 'webpack'),
  '@rspack/core': join(toolbox, '@rspack/core'),
  esbuild: tool('esbuild'),
};

const vite = (name: string) => `import { defineConfig } from '${name}';
import arenaBind from 'arena-bind/vite';
export default defineConfig({ plugins: [arenaBind({ inlineLimit: 0 })] });
`;
const typed = (name: string, type: string, text: string) => `import type { ${type} } from '${name}';
import arenaBind, { type Options } from 'arena-bind/${name.replace(/^@|\/core$/g, '')}';
const options: Options = { define: ['A'], files: /x/ };
export const config: ${type} = ${text};
`;
const configs = {
  'vite5.ts': vite('vite-5'),
  'vite6.ts': vite('vite-6'),
  'vite7.ts': vite('vite-7'),
  'vite8.ts': vite('vite'),
  'vitest.ts': vite('vitest/config'),
  'rollup.ts': typed('rollup', 'RollupOptions', "{ input: 'main.js', plugins: [arenaBind(options)] }"),
  'rolldown.ts': typed('rolldown', 'RolldownOptions', "{ input: 'main.js', plugins: [arenaBind(options)] }"),
  'webpack.ts': typed('webpack', 'Configuration', "{ entry: './main.js', plugins: [arenaBind(options)] }"),
  'rspack.ts': typed('@rspack/core', 'Configuration', "{ entry: './main.js', plugins: [arenaBind(options)] }"),
  'esbuild.ts': typed('esbuild', 'BuildOptions', '{ bundle: true, plugins: [arenaBind(options)] }'),
};

const WRONG = `import arenaBind from 'arena-bind/vite';
arenaBind({ sources: { 'a.cpp': ['b.c'] }, toolchain: 'clang', cache: false });
// expect: 'inlineLimit'
arenaBind({ inlinelimit: 1 });
// expect: not assignable to type 'boolean
arenaBind({ threads: 'yes' });
// expect: not assignable to type 'number
arenaBind({ capacity: '1 MiB' });
// expect: not assignable to type 'RegExp
arenaBind({ files: '*.cpp' });
// expect: not assignable to type 'readonly string[]
arenaBind({ sources: { 'a.cpp': 'b.cpp' } });
// expect: not assignable to type 'ToolchainName
arenaBind({ toolchain: 'gcc' });
`;

let folder: string;
beforeAll(() => {
  const compilerOptions = { module: 'nodenext', target: 'es2022', strict: true, noEmit: true, types: [] };
  folder = project(inject('folder'), {
    'package.json': '{ "name": "user", "private": true, "type": "module" }',
    ...configs,
    'wrong.ts': WRONG,
    // The bundlers' own declarations need more than a project has.
    'configs.json': JSON.stringify({
      compilerOptions: { ...compilerOptions, skipLibCheck: true },
      include: Object.keys(configs),
    }),
    'wrong.json': JSON.stringify({
      compilerOptions: { ...compilerOptions, skipLibCheck: false },
      include: ['wrong.ts'],
    }),
  });
  for (const [name, from] of Object.entries(packages)) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(from, link, 'junction');
  }
});

it('is a plugin to each bundler', async () => {
  const { output } = await run(folder, process.execPath, [tool('typescript-7/bin/tsc'), '-p', 'configs.json']);
  expect(output).toBe('');
});

describe.each(['typescript', 'typescript-7'])('%s', (compiler) => {
  it('refuses options that there are not, for its own reason', () => {
    let output = '';
    try {
      execFileSync(process.execPath, [tool(`${compiler}/bin/tsc`), '--pretty', 'false', '-p', 'wrong.json'], {
        cwd: folder,
      });
    } catch (error) {
      output = String((error as { stdout: Buffer }).stdout);
    }
    expectRefusals(output, WRONG, /wrong\.ts$/);
  });
});
