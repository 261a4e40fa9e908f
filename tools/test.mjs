// npm test: installs what is missing, builds, runs the suites, fast ones first, and counts.
// `node tools/test.mjs ts browser` runs only the suites named. Top-level imports are built-ins: see setup.mjs.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensure } from './setup.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs a command with its output on ours; resolves to its exit code and, when asked to listen, what it printed. */
function run(command, args, { env = {}, listen = false, silent = false } = {}) {
  return new Promise((resolve) => {
    const stdio = silent ? 'ignore' : ['ignore', listen ? 'pipe' : 'inherit', 'inherit'];
    const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio });
    let output = '';
    child.stdout?.on('data', (text) => {
      output += text;
      process.stdout.write(text);
    });
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      resolve({ code: 1, output });
    });
    child.on('close', (code, signal) => resolve({ code: code ?? 128 + constants.signals[signal], output }));
  });
}

const node = (script, ...args) => run(process.execPath, [script, ...args]);

/** A suite of one test each: every script in Node ends with 0. */
const scripts =
  (...commands) =>
  async () => {
    const counts = { passed: 0, failed: 0 };
    for (const command of commands) {
      const { code } = await node(...command);
      counts[code === 0 ? 'passed' : 'failed']++;
    }
    return counts;
  };

const DATA_RACE = 66; // what a program ends with after ThreadSanitizer has seen one

/** The native tests of a CMake preset, under its sanitizers; then its control, a program that has a data race. */
const native = (preset, control) => async () => {
  for (const args of [
    ['--preset', preset],
    ['--build', '--preset', preset],
  ]) {
    const { code } = await run('cmake', args);
    if (code !== 0) return { passed: 0, failed: 1 };
  }
  const { code, output } = await run(join('build', preset, 'tests'), ['--no-colors'], { listen: true });
  const summary = output.match(/^\[doctest\] test cases: +\d+ \| +(\d+) passed \| +(\d+) failed/m);
  const [passed, failed] = summary ? summary.slice(1).map(Number) : [0, 0]; // none when a sanitizer stopped it
  const counts = { passed, failed: code !== 0 && failed === 0 ? 1 : failed };
  if (control) {
    const { code: end } = await run(join('build', preset, control), [], { silent: true });
    const caught = end === DATA_RACE;
    console.log(`${control}: its data race was ${caught ? 'reported, as it must be' : 'NOT reported'}`);
    counts[caught ? 'passed' : 'failed']++;
  }
  return counts;
};

/** A project of vitest.config.ts. */
const vitest = (project) => async () => {
  const report = join(root, 'reports', `${project}.json`);
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { code } = await node('node_modules/vitest/vitest.mjs', 'run', '--project', project, ...reporters);
  let counts = { numPassedTests: 0, numTotalTests: 0 };
  try {
    counts = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    // it stopped before it wrote any
  }
  const passed = counts.numPassedTests;
  const failed = counts.numTotalTests - passed; // a test that is skipped or only planned counts as failed
  // A file that fails to load, or an error outside of tests, fails the run without a failed test.
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed };
};

const cppFiles = () =>
  ['src-cpp', 'test', 'tools', 'examples']
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, file)))
    .filter((file) => /\.(cpp|hpp|h)$/.test(file));

const suites = {
  style: {
    needs: ['npm'],
    run: () =>
      scripts(
        ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'],
        ['node_modules/@wasm-fmt/clang-format/clang-format-cli.cjs', '--dry-run', '--Werror', ...cppFiles()],
      )(),
  },
  generated: { needs: ['npm', 'wasm'], built: true, run: scripts(['tools/generate.mjs', '--check']) },
  types: { needs: ['npm'], built: true, run: scripts(['node_modules/typescript-7/bin/tsc', '-p', '.']) },
  native: { needs: ['native'], run: native('native') },
  tsan: { needs: ['native'], run: native('tsan', 'tsan_control') },
  ts: { needs: ['npm', 'wasm'], built: true, run: vitest('ts') },
  cli: { needs: ['npm', 'wasm'], built: true, run: vitest('cli') },
  driver: { needs: ['npm', 'wasm', 'toolbox', 'libraries', 'clang'], built: true, run: vitest('driver') },
  cmake: { needs: ['npm', 'wasm', 'native'], built: true, run: vitest('cmake') },
  plugin: { needs: ['npm', 'wasm', 'toolbox', 'browsers'], built: true, run: vitest('plugin') },
  browser: { needs: ['npm', 'wasm', 'browsers'], built: true, run: vitest('browser') },
  examples: { needs: ['npm', 'wasm', 'browsers'], built: true, run: vitest('examples') },
  package: { needs: ['npm', 'wasm', 'browsers'], built: true, run: vitest('package') },
};

async function main(names) {
  const unknown = names.filter((name) => !(name in suites));
  if (unknown.length > 0) throw new Error(`no suite ${unknown}; there are ${Object.keys(suites).join(', ')}`);
  const chosen = Object.entries(suites).filter(([name]) => names.length === 0 || names.includes(name));
  await ensure([...new Set(chosen.flatMap(([, suite]) => suite.needs))]);

  const results = [];
  const time = async (name, work) => {
    console.log(`\n--- ${name}`);
    const start = performance.now();
    const counts = await work();
    if (counts.passed + counts.failed === 0) counts.failed = 1; // a suite that ran no test has failed
    results.push({ suite: name, ...counts, seconds: Math.round((performance.now() - start) / 100) / 10 });
    return counts.failed === 0;
  };
  const builds = chosen.some(([, suite]) => suite.built);
  const built = !builds || (await time('build', scripts(['tools/build.mjs', '--check'])));
  for (const [name, suite] of chosen) {
    if (built || !suite.built) await time(name, suite.run);
  }

  console.log();
  console.table(Object.fromEntries(results.map(({ suite, ...row }) => [suite, row])));
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  if (sum('failed') > 0) process.exitCode = 1;
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
});
