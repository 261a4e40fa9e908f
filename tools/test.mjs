// npm test: installs what is missing, builds, runs the suites, two at a time, and counts.
// `node tools/test.mjs ts browser` runs only the suites named; `--all` tries every version of every tool: see test/extent.ts. Top-level imports are built-ins: see setup.mjs.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, constants } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { checkModels } from './models.mjs';
import { ensure } from './setup.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// Most suites wait for a browser, a compiler or a disk half of the time.
const LANES = Math.min(2, availableParallelism());
const WHY = 200; // letters of what is said of a failure
const COLORS = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};

/** Runs a command, which prints by `print`; resolves to its exit code and all that it printed. */
function run(print, command, args, cwd = root) {
  return new Promise((resolve) => {
    const stdio = ['ignore', 'pipe', 'pipe'];
    const child = spawn(command, args, { cwd, env: { ...COLORS, ...process.env }, stdio });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        print(text);
      });
    }
    child.on('error', (error) => {
      print(`${command}: ${error.message}\n`);
      resolve({ code: 1, output });
    });
    child.on('close', (code, signal) => resolve({ code: code ?? 128 + constants.signals[signal], output }));
  });
}

const node = (print, script, ...args) => run(print, process.execPath, [script, ...args]);

// A suite resolves to how many of its tests have passed, and to a line for each that has failed.

const failure = (name, why) => `${name}: ${stripVTControlCharacters(why).trim().split('\n')[0].slice(0, WHY)}`;

/** A suite of one test each: every script in Node ends with 0. */
const scripts =
  (...commands) =>
  async (print) => {
    let passed = 0;
    const failures = [];
    for (const command of commands) {
      const { code } = await node(print, ...command);
      if (code === 0) passed++;
      else failures.push(failure(command[0], `exit code ${code}`));
    }
    return { passed, failures };
  };

const PLACES = 4; // of the many on the stacks that a sanitizer prints
const unique = (text, pattern) => [...new Set(text.match(pattern))];

const DATA_RACE = 66; // what a program ends with after ThreadSanitizer has seen one

/** The native tests of a CMake preset, under its sanitizers; then its controls, programs that have a data race. */
const native = (preset, controls) => async (print) => {
  for (const args of [
    ['--preset', preset],
    ['--build', '--preset', preset],
  ]) {
    const { code } = await run(print, 'cmake', args);
    if (code !== 0) return { passed: 0, failures: [failure(`cmake ${args.join(' ')}`, `exit code ${code}`)] };
  }
  const { code, output } = await run(print, join('build', preset, 'tests'), ['--no-colors']);
  const [, passedTests = 0] = output.match(/^\[doctest\] test cases: +\d+ \| +(\d+) passed/m) ?? []; // or it was stopped
  let passed = Number(passedTests);
  const failures = unique(output, /(?<=^TEST CASE: +).+/gm);
  if (code !== 0 && failures.length === 0) {
    const said = output.match(/(?<=^SUMMARY: ).+/m)?.[0] ?? `exit code ${code}`; // a sanitizer's
    failures.push(failure(['tests', ...unique(output, /\btest\/cpp\/[\w.]+:\d+/g).slice(0, PLACES)].join(' '), said));
  }
  for (const name of controls?.() ?? []) {
    const control = `${name}_control`;
    const { code: end } = await run(() => {}, join('build', preset, control), []);
    const caught = end === DATA_RACE;
    const said = failure(control, `its data race was ${caught ? 'reported, as it must be' : 'NOT reported'}`);
    print(`${said}\n`);
    if (caught) passed++;
    else failures.push(said);
  }
  return { passed, failures };
};

const raceControls = () => readdirSync(join(root, 'test/cpp/control')).map((file) => file.replace(/\.cpp$/, ''));

/** A project of vitest.config.ts. */
const vitest = (project) => async (print) => {
  const report = join(root, 'reports', `${project}.json`);
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { code } = await node(print, 'node_modules/vitest/vitest.mjs', 'run', '--project', project, ...reporters);
  let files = [];
  try {
    files = JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch {
    // it stopped before it wrote any
  }
  let passed = 0;
  const failures = [];
  for (const { name: path, assertionResults: tests, status, message } of files) {
    const file = relative(root, path);
    const before = failures.length;
    for (const { status, ancestorTitles: groups, title, failureMessages: why } of tests) {
      if (status === 'passed') passed++;
      else failures.push(failure([file, ...groups, title].join(' > '), why[0] ?? status)); // as skipped or only planned
    }
    if (status === 'failed' && failures.length === before) failures.push(failure(file, message));
  }
  if (code !== 0 && failures.length === 0) failures.push(failure('an error outside of tests', `exit code ${code}`));
  return { passed, failures };
};

const cppFiles = () =>
  ['src-cpp', 'test', 'tools', 'examples']
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, file)))
    .filter((file) => /\.(cpp|hpp|h)$/.test(file));

// The long ones first, so that no lane is left waiting for one at the end.
const suites = {
  plugin: { needs: ['npm', 'wasm', 'toolbox', 'browsers'], built: true, run: vitest('plugin') },
  driver: { needs: ['npm', 'wasm', 'toolbox', 'libraries', 'clang'], built: true, run: vitest('driver') },
  cmake: { needs: ['npm', 'wasm', 'native'], built: true, run: vitest('cmake') },
  package: { needs: ['npm', 'wasm', 'toolbox', 'browsers'], built: true, run: vitest('package') },
  examples: { needs: ['npm', 'wasm', 'browsers'], built: true, run: vitest('examples') },
  cli: { needs: ['npm', 'wasm'], built: true, run: vitest('cli') },
  native: { needs: ['native'], run: native('native') },
  ts: { needs: ['npm', 'wasm'], built: true, run: vitest('ts') },
  tsan: { needs: ['native'], run: native('tsan', raceControls) },
  // The limits are those of one kind of processor, and valgrind runs on few systems.
  ...(process.platform === 'linux' &&
    process.arch === 'x64' && { counts: { needs: ['npm', 'compiler', 'valgrind'], run: vitest('counts') } }),
  models: { needs: ['spin'], run: (print) => checkModels(root, print, run) },
  browser: { needs: ['npm', 'wasm', 'browsers'], built: true, run: vitest('browser') },
  style: {
    needs: ['npm'],
    run: scripts(
      ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'],
      ['node_modules/@wasm-fmt/clang-format/clang-format-cli.cjs', '--dry-run', '--Werror', ...cppFiles()],
    ),
  },
  types: { needs: ['npm'], built: true, run: scripts(['node_modules/typescript-7/bin/tsc', '-p', '.']) },
  generated: { needs: ['npm', 'wasm'], built: true, run: scripts(['tools/generate.mjs', '--check']) },
};

async function main(names) {
  const unknown = names.filter((name) => !(name in suites));
  if (unknown.length > 0) throw new Error(`no suite ${unknown}; there are ${Object.keys(suites).join(', ')}`);
  const chosen = Object.entries(suites).filter(([name]) => names.length === 0 || names.includes(name));
  await ensure([...new Set(chosen.flatMap(([, suite]) => suite.needs))]);

  const results = [];
  /** What the suite prints comes in one piece when it has ended, or at once when it runs alone. */
  const time = async (name, work, alone) => {
    let printed = '';
    const print = alone ? (text) => process.stdout.write(text) : (text) => (printed += text);
    print(`\n--- ${name}\n`);
    const start = performance.now();
    const { passed, failures } = await work(print);
    if (passed + failures.length === 0) failures.push('no test has run');
    const seconds = Math.round((performance.now() - start) / 100) / 10;
    results.push({ suite: name, passed, failures, seconds });
    process.stdout.write(printed);
    return failures.length === 0;
  };
  const builds = chosen.some(([, suite]) => suite.built);
  const built = !builds || (await time('build', scripts(['tools/build.mjs', '--check']), true));
  const waiting = chosen.filter(([, suite]) => built || !suite.built);
  const lanes = Math.min(LANES, waiting.length);
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await time(next[0], next[1].run, lanes === 1);
  };
  await Promise.all(Array.from({ length: lanes }, lane));

  console.log();
  const rows = results.map(({ suite, passed, failures, seconds }) => [
    suite,
    { passed, failed: failures.length, seconds },
  ]);
  console.table(Object.fromEntries(rows));
  for (const { suite, failures } of results) for (const line of failures) console.log(`${suite}: ${line}`);
  const failed = results.reduce((sum, { failures }) => sum + failures.length, 0);
  console.log(`${results.reduce((sum, { passed }) => sum + passed, 0)} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

const given = process.argv.slice(2);
if (given.includes('--all')) process.env.ARENA_BIND_TESTS = 'all';
main(given.filter((name) => name !== '--all')).catch((error) => {
  console.error(error.message);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
});
