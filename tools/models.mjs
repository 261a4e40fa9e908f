// Checks the models in test/models with spin. The comment at the top of each lists its proofs, in which no error may be
// found, and below each proof what is broken for a test: one name to define, and what the error must say.
// Reads test/models/*.pml; writes build/models/<model>/<proof or name>, where the trail of an error is found.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { findCCompiler } from './setup.mjs';

const DEPTH = 100_000; // steps; a longer way is an error
const MEMORY = 2048; // MiB
const TABLE = 20; // bits of the hash table's first size; it grows

/** The proofs of a model and what is broken below each: [{ title, folder, defines, expected }]. */
function checksOf(text) {
  const checks = [];
  const comment = text.slice(0, text.indexOf('*/'));
  let proofs = 0;
  let settings = [];
  for (const line of comment.split('\n').map((line) => line.trim())) {
    const [, title] = line.match(/^proof: (.+)$/) ?? [];
    const [, name, expected] = line.match(/^(\w+) -> (.+)$/) ?? [];
    if (title) checks.push({ title, folder: `proof-${++proofs}`, defines: [] });
    else if (/^(\w+=\d+ ?)+$/.test(line)) {
      settings = line.split(' ').map((setting) => `-D${setting}`);
      checks.at(-1).defines = settings;
    } else if (name) checks.push({ title: name, folder: name, defines: [...settings, `-D${name}`], expected });
  }
  if (proofs === 0) throw new Error('a model without a proof');
  return checks;
}

/** The steps that a run never came to, each with the process that has it and its number there. */
function unreached(output) {
  const steps = new Map();
  let process;
  for (const line of output.split('\n')) {
    process = line.match(/^unreached in (.+)$/)?.[1] ?? process;
    const [, place, number, step] = line.match(/^\t\S*?([^/\s]+:\d+), state (\d+), "(.*)"$/) ?? [];
    if (place) steps.set(`${process} ${number} ${step}`, `${place}: ${process} never comes to "${step}"`);
  }
  return steps;
}

/** What is wrong with a proof, or where an error ought to be found, with that; undefined if nothing is. */
function judge(output, expected) {
  const error = output.match(/^pan:\d+: (.+)$/m)?.[1];
  if (expected) {
    if (!error) return `no error was found, not even ${expected}`;
    return error.includes(expected) ? undefined : `another error than ${expected}: ${error}`;
  }
  if (error) return error;
  if (/max search depth too small|Search not completed|out of memory|resource limit/.test(output))
    return 'not finished';
  return /^Full statespace search/m.test(output) && /errors: 0$/m.test(output) ? undefined : 'no search';
}

/**
 * Checks all models by `run`, which resolves to the exit code and the output of a command.
 * @returns how many proofs held and broken ones were caught, and what is wrong with the others
 */
export async function checkModels(root, print, run) {
  let passed = 0;
  const failures = [];
  const quiet = () => {};
  for (const file of readdirSync(join(root, 'test/models')).filter((name) => name.endsWith('.pml'))) {
    const model = join(root, 'test/models', file);
    /** @type {Map<string, string> | undefined} what no proof has come to */
    let never;
    for (const { title, folder, defines, expected } of checksOf(readFileSync(model, 'utf8'))) {
      const cwd = join(root, 'build/models', basename(file, '.pml'), folder);
      rmSync(cwd, { recursive: true, force: true });
      mkdirSync(cwd, { recursive: true });
      let result = { code: 0, output: '' };
      for (const [command, ...args] of [
        ['spin', '-a', ...defines, relative(cwd, model)],
        // Most of the time goes into compiling; optimized, that takes longer than the whole search.
        [findCCompiler(), '-O0', '-w', '-DSAFETY', `-DMEMLIM=${MEMORY}`, '-o', 'pan', 'pan.c'],
        [join(cwd, 'pan'), `-m${DEPTH}`, `-w${TABLE}`],
      ]) {
        result = await run(quiet, command, args, cwd);
        if (result.code !== 0) break;
      }
      const { code, output } = result;
      const wrong = code === 0 ? judge(output, expected) : `exit code ${code}\n${output}`;
      const states = output.match(/(\d+) states, stored/)?.[1];
      if (!wrong) print(`${file}: ${title}: ${expected ? 'caught' : 'holds'} (${states} states)\n`);
      else print(`${file}: ${title}: ${wrong}\n  spin -t -p -k *.trail ${[...defines, model].join(' ')} (in ${cwd})\n`);
      if (wrong) failures.push(`${file}: ${title}: ${wrong.split('\n')[0]}`);
      else passed++;
      if (expected) continue;
      const missed = unreached(output);
      never = new Map([...(never ?? missed)].filter(([step]) => missed.has(step)));
    }
    for (const text of never.values()) print(`${text}\n`);
    if (never.size > 0) failures.push(`${file}: ${never.size} steps are never reached`);
    else passed++;
  }
  return { passed, failures };
}
