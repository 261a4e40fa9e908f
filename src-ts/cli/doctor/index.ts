// arena-bind doctor: what on this machine or page would stop which feature, and the fix.
import { resolve } from 'node:path';
import type { Arguments, Command } from '../arguments.js';
import type { Finding } from './finding.js';
import { checkCache, checkEngine, checkNode, checkToolchains } from './machine.js';
import { checkPage } from './page.js';
import { checkProject, projectOf } from './project.js';

export const command: Command = {
  name: 'doctor',
  summary: 'says what on this machine, project or page would stop which feature, and the fix',
  takes: '',
  count: { least: 0, most: 0 },
  options: [
    { name: 'url', value: '<address>', help: 'also asks a served page, such as http://localhost:5173' },
    { name: 'json', help: 'as JSON' },
  ],
  more: "  Exit codes: 0; 1 when nothing can be built, or the page can't run WebAssembly.",
  run,
};

async function run(given: Arguments): Promise<number> {
  const cwd = resolve();
  const project = projectOf(cwd);
  const url = given.text('url');
  const json = given.has('json');
  const findings: Finding[] = [];
  const checks: (() => Finding[] | Promise<Finding[]>)[] = [
    checkNode,
    checkEngine,
    async () => [await checkCache(cwd)],
    () => (project === undefined ? [] : checkProject(project)),
    () => (url === undefined ? [] : checkPage(url)),
    () => checkToolchains(cwd), // takes the longest: what is known by then has been printed
  ];
  for (const check of checks) {
    const found = await check();
    if (!json) for (const finding of found) console.log(textOf(finding));
    findings.push(...found);
  }
  if (json) console.log(JSON.stringify(findings, undefined, 2));
  return findings.some(({ level }) => level === 'bad') ? 1 : 0;
}

function textOf({ level, about, says, fix }: Finding): string {
  const text = `${level.padEnd(4)}  ${about}: ${says}`;
  return [text, ...(fix ? [fix] : [])].join('\n').replaceAll('\n', '\n        ');
}
