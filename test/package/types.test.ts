// The installed package's types in users' TypeScript projects, checked without skipLibCheck.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, it } from 'vitest';
import { ALL } from '../extent.js';
import { expectRefusals } from '../types/refusals.js';
import { LIFECYCLE } from './lifecycle.js';
import { node, tool, write } from './project.js';

const source = (name: string) => readFileSync(new URL(`../types/${name}.ts`, import.meta.url), 'utf8');
const OLDER = 'TypeScript 5.9';
const compilers = {
  [OLDER]: tool('typescript/bin/tsc'),
  'TypeScript 7': tool('typescript-7/bin/tsc'),
};
const resolutions = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};

beforeAll(() => {
  for (const [name, extension] of [
    ['nodenext', 'mts'],
    ['bundler', 'ts'],
  ] as const) {
    const lifecycle = `import { Registry } from 'arena-bind';\nconst registry = await Registry.create();\n${LIFECYCLE}
      export const output: Float32Array = processFrame(new Float32Array(128));`;
    write(`types/${name}/lifecycle.${extension}`, lifecycle);
    write(`types/${name}/using.${extension}`, source('using'));
    write(`types/${name}/right.${extension}`, source('right'));
    write(`types/${name}/wrong.${extension}`, source('wrong'));
    if (name === 'nodenext') {
      write(
        `types/${name}/required.cts`,
        "import { Registry } from 'arena-bind';\nexport const made = Registry.create();",
      );
    }
  }
});

describe.each(Object.entries(compilers))('%s', (version, compiler) => {
  // Both resolve alike, and the older one takes 50 times as long.
  const tried = Object.entries(resolutions).filter(([name]) => ALL || version !== OLDER || name === 'nodenext');
  describe.each(tried)('module %s', (resolution, options) => {
    const compile = async (files: string[]) => {
      const extension = resolution === 'nodenext' ? 'mts' : 'ts';
      const compilerOptions = {
        ...options,
        lib: ['es2022', 'dom'],
        target: 'es2022',
        strict: true,
        skipLibCheck: false,
        noEmit: true,
        types: [],
      };
      const include = files.map((file) => (file.includes('.') ? file : `${file}.${extension}`));
      const config = write(`types/${resolution}/${version}.json`, JSON.stringify({ compilerOptions, include }));
      return node(compiler, '--pretty', 'false', '-p', config);
    };

    it('takes the lifecycle and every right use, and refuses every wrong one, for its own reason', async () => {
      const right = ['lifecycle', 'right', 'using', ...(resolution === 'nodenext' ? ['required.cts'] : [])];
      const { output } = await compile([...right, 'wrong']);
      expectRefusals(output, source('wrong'), /wrong\.m?ts$/);
    });
  });
});
