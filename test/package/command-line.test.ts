// The README's own kernel, by the program that npm has linked.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, inject, it } from 'vitest';
import { evaluate, inProject, installed, node, tool, write } from './project.js';

const readme = readFileSync(installed('README.md'), 'utf8');
const snippet = (language: string, mark: string): string => {
  const blocks = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  const found = blocks.find(([, name, text]) => name === language && text?.includes(mark));
  if (!found) throw new Error(`the README has no ${language} with ${mark}`);
  return found[2] as string;
};

const arenaBind = (...args: string[]) =>
  new Promise<{ code: number; output: string }>((resolve) => {
    const windows = process.platform === 'win32';
    const program = inProject('node_modules/.bin', windows ? 'arena-bind.cmd' : 'arena-bind');
    execFile(program, args, { cwd: inject('project'), shell: windows }, (failure, stdout, stderr) =>
      resolve({ code: failure ? 1 : 0, output: stdout + stderr }),
    );
  });

it('builds what the README says, which runs and is typed', async () => {
  write('fresh/filters.cpp', snippet('cpp', '// filters.cpp'));
  const { code, output } = await arenaBind('build', 'fresh/filters.cpp', '-o', 'fresh/out/filters.mjs');
  expect([code, output]).toEqual([0, expect.stringContaining('1 kernel (fade), ')]);

  const use = snippet('ts', "import filters from './filters.cpp'").replace('./filters.cpp', './out/filters.mjs');
  const printed = `${use}console.log(JSON.stringify([...samples]));\n`;
  expect(await evaluate('fresh/use.mjs', printed)).toEqual([0, 0.25, 0.5, 0.75]);

  const compilerOptions = { module: 'nodenext', lib: ['es2022', 'dom'], strict: true, noEmit: true, types: [] };
  const files = [write('fresh/use.mts', printed), write('fresh/wrong.mts', printed.replace("'fade'", "'fadee'"))];
  const config = write('fresh/tsconfig.json', JSON.stringify({ compilerOptions, files }));
  const checked = await node(tool('typescript-7/bin/tsc'), '--pretty', 'false', '-p', config);
  expect(checked.output.trim().split('\n')).toEqual([
    expect.stringMatching(/^fresh.wrong\.mts\(6,15\): error TS2345: .*'"fadee"' is not assignable to .*'"fade"'/),
  ]);
});
