// Gets what a script needs before it starts. Only node built-ins: node_modules may not be there yet.
// As a program: node tools/setup.mjs npm wasm
import { execFile, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const windows = process.platform === 'win32';

/** The full path of the first of `names` that PATH leads to. */
function findProgram(...names) {
  const endings = windows ? ['.exe', '.bat', '.cmd', '.ps1'] : [''];
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      for (const ending of endings) {
        const file = join(folder, name + ending);
        try {
          accessSync(file, constants.X_OK);
          if (folder && statSync(file).isFile()) return file;
        } catch {
          // not here
        }
      }
    }
  }
  return undefined;
}

/** The first of `files` that exists. */
const findFile = (...files) => files.find((file) => file && existsSync(file));

/** The Chromium that the tests drive; undefined when there is none. */
export function chromium() {
  return (
    findFile(process.env.CHROMIUM) ??
    findProgram('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome') ??
    findFile(
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      `${process.env.PROGRAMFILES}\\Google\\Chrome\\Application\\chrome.exe`,
    )
  );
}

/** The Firefox that the tests drive; undefined when there is none. */
export function firefox() {
  return (
    findFile(process.env.FIREFOX) ??
    findProgram('firefox-esr', 'firefox') ??
    findFile(
      '/Applications/Firefox.app/Contents/MacOS/firefox',
      `${process.env.PROGRAMFILES}\\Mozilla Firefox\\firefox.exe`,
    )
  );
}

/** The folder of Emscripten's tools, which its CMake toolchain file is found by; undefined when there is none. */
export function emscriptenRoot() {
  const { EMSCRIPTEN_ROOT, EMSDK } = process.env;
  const program = findProgram('em++');
  const folder = program && dirname(realpathSync(program));
  return [
    EMSCRIPTEN_ROOT,
    EMSDK && join(EMSDK, 'upstream', 'emscripten'),
    folder,
    folder && dirname(folder), // Debian: em++ is a link into a folder of wrappers
    folder && join(folder, '..', 'libexec'), // Homebrew
  ].find((candidate) => candidate && existsSync(join(candidate, 'cmake/Modules/Platform/Emscripten.cmake')));
}

function packagesAreInstalled() {
  const read = (file) => JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  try {
    const installed = read('node_modules/.package-lock.json');
    return Object.entries(read('package-lock.json')).every(
      ([path, { version, integrity, optional }]) =>
        path === '' ||
        (installed[path] ? installed[path].version === version && installed[path].integrity === integrity : optional),
    );
  } catch {
    return false; // nothing is installed, or not by npm
  }
}

/** Folders with packages of their own, by need; they have no lock file. */
const apart = { toolbox: 'test/toolbox', bench: 'bench/peers' };

// What they have for one kind of machine alone.
const fitsOptional = process.platform === 'linux' && process.arch === 'x64';

/** Whether such a folder has the very versions that it names. */
function isInstalled(folder) {
  const read = (file) => JSON.parse(readFileSync(join(root, folder, file), 'utf8'));
  try {
    // A version stands alone, or behind another package's name: npm:vite@5.4.21.
    const { dependencies, optionalDependencies = {} } = read('package.json');
    const wanted = [...Object.entries(dependencies), ...(fitsOptional ? Object.entries(optionalDependencies) : [])];
    return wanted.every(
      ([name, version]) => read(`node_modules/${name}/package.json`).version === version.replace(/^npm:.+@/, ''),
    );
  } catch {
    return false;
  }
}

/** A C compiler, the quickest one first; undefined when there is none. */
export const findCCompiler = () => findProgram('clang', 'gcc', 'cc');

const findCompiler = () => findProgram('c++', 'g++', 'clang++');

function hasDoctest() {
  if (existsSync('/usr/include/doctest/doctest.h')) return true; // spares the compiler a start
  const input = '#include <doctest/doctest.h>';
  return findCompiler() !== undefined && spawnSync(findCompiler(), ['-E', '-x', 'c++', '-'], { input }).status === 0;
}

// What a need consists of. `name` is what package managers call it, unless a manager stands there with another name.
const cmake = { what: 'cmake', found: () => findProgram('cmake'), name: 'cmake' };
const ninja = {
  what: 'ninja',
  found: () => findProgram('ninja'),
  name: 'ninja',
  apt: 'ninja-build',
  dnf: 'ninja-build',
};
const compiler = {
  what: 'a C++ compiler',
  found: findCompiler,
  name: 'gcc',
  apt: 'g++',
  dnf: 'gcc-c++ libasan libubsan libtsan',
  brew: 'llvm',
  choco: 'llvm',
};
const parts = {
  wasm: [{ what: 'Emscripten (em++)', found: emscriptenRoot, name: 'emscripten' }, cmake, ninja],
  native: [
    compiler,
    {
      what: 'doctest (doctest/doctest.h)',
      found: hasDoctest,
      name: 'doctest',
      apt: 'doctest-dev',
      dnf: 'doctest-devel',
    },
    cmake,
    ninja,
  ],
  compiler: [compiler],
  valgrind: [{ what: 'valgrind', found: () => findProgram('valgrind'), name: 'valgrind' }],
  libraries: [
    {
      what: 'Eigen',
      found: () => findFile('/usr/include/eigen3/Eigen/Core'),
      name: 'eigen',
      apt: 'libeigen3-dev',
      dnf: 'eigen3-devel',
    },
    {
      what: 'glm',
      found: () => findFile('/usr/include/glm/glm.hpp'),
      name: 'glm',
      apt: 'libglm-dev',
      dnf: 'glm-devel',
    },
    {
      what: 'stb',
      found: () => findFile('/usr/include/stb/stb_image.h'),
      name: 'stb',
      apt: 'libstb-dev',
      dnf: 'stb-devel',
    },
  ],
  clang: [
    {
      what: 'clang and wasm-ld',
      found: () => process.env.WASI_SDK_PATH ?? (findProgram('clang++-19') && findProgram('wasm-ld-19')),
      name: 'clang lld',
      apt: 'clang-19 lld-19',
      brew: 'llvm lld',
      choco: 'llvm',
    },
    {
      what: 'the C and C++ library for WASI',
      found: () =>
        process.env.WASI_SDK_PATH ??
        (findFile('/usr/lib/wasm32-wasi/libc++.a') &&
          findFile('/usr/lib/llvm-19/lib/clang/19/lib/wasi/libclang_rt.builtins-wasm32.a')),
      name: 'wasi-libc wasi-libc++ wasi-compiler-rt',
      apt: 'wasi-libc libc++-19-dev-wasm32 libc++abi-19-dev-wasm32 libclang-rt-19-dev-wasm32',
      brew: 'wasi-libc wasi-runtimes',
    },
  ],
  spin: [
    { what: 'spin', found: () => findProgram('spin'), name: 'spin' },
    { what: 'a C compiler', found: findCCompiler, name: 'gcc', apt: 'gcc libc6-dev', brew: 'llvm', choco: 'llvm' },
  ],
  browsers: [
    { what: 'Chromium', found: chromium, name: 'chromium' },
    { what: 'Firefox', found: firefox, name: 'firefox', apt: 'firefox-esr' },
  ],
};

/** Runs a command without showing what it prints, unless it fails. */
async function run(command, args, env = {}) {
  const options = { cwd: root, env: { ...process.env, ...env }, shell: windows, maxBuffer: 2 ** 28 };
  try {
    await promisify(execFile)(command, args, options);
  } catch (error) {
    const printed = `${error.stdout ?? ''}${error.stderr ?? ''}`;
    throw new Error(`\`${[command, ...args].join(' ')}\` failed:\n${printed || error.message}`);
  }
}

/** What a person has to type to get `lacking` on this operating system. */
function advice(lacking) {
  const names = (manager) => lacking.map((part) => part[manager] ?? part.name).join(' ');
  if (process.platform === 'darwin') return `brew install ${names('brew')}`;
  if (windows) return `choco install ${names('choco')}`;
  if (findProgram('apt-get')) return `sudo apt-get update && sudo apt-get install ${names('apt')}`;
  if (findProgram('dnf')) return `sudo dnf install ${names('dnf')}`;
  if (findProgram('pacman')) return `sudo pacman -S ${names('pacman')}`;
  return `${names('any')}, as your system's packages call them`;
}

async function installSystemPackages(needs, say) {
  const wanted = [...new Set(needs.flatMap((need) => parts[need] ?? []))];
  let lacking = wanted.filter((part) => !part.found());
  if (lacking.length === 0) return;
  if (process.getuid?.() === 0 && findProgram('apt-get')) {
    const packages = lacking.flatMap((part) => (part.apt ?? part.name).split(' '));
    say(`installing ${packages.join(' ')} (apt-get)`);
    await run('apt-get', ['update']);
    const options = ['-o', 'DPkg::Lock::Timeout=500', 'install', '-y', '--no-install-recommends'];
    await run('apt-get', [...options, ...packages], { DEBIAN_FRONTEND: 'noninteractive' });
    lacking = lacking.filter((part) => !part.found());
    if (lacking.length === 0) return;
  }
  throw new Error(`${lacking.map((part) => part.what).join(', ')} not found. To install:\n  ${advice(lacking)}`);
}

/**
 * Installs what is missing of `needs`, or says what to install and throws. Says nothing when nothing is missing.
 * @param {('npm' | 'toolbox' | 'bench' | 'wasm' | 'native' | 'compiler' | 'browsers' | 'libraries' | 'clang' | 'spin' | 'valgrind')[]} needs
 */
export async function ensure(needs) {
  const say = (text) => process.stderr.write(`setup: ${text}\n`);
  const all = ['npm', ...Object.keys(apart), ...Object.keys(parts)];
  const unknown = needs.filter((need) => !all.includes(need));
  if (unknown.length > 0) throw new Error(`unknown need ${unknown}; there are ${all.join(', ')}`);
  const installs = [installSystemPackages(needs, say)];
  if (needs.includes('npm') && !packagesAreInstalled()) {
    say('installing the npm packages of package-lock.json (npm ci)');
    // Not a dry run, even under `npm pack --dry-run`, whose settings reach us by the environment.
    installs.push(run('npm', ['ci'], { npm_config_dry_run: 'false' }));
  }
  for (const [need, folder] of Object.entries(apart)) {
    if (!needs.includes(need) || isInstalled(folder)) continue;
    say(`installing the npm packages of ${folder} (npm install)`);
    installs.push(run('npm', ['install', '--prefix', folder], { npm_config_dry_run: 'false' }));
  }
  await Promise.all(installs);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await ensure(process.argv.slice(2));
  } catch (error) {
    console.error(`setup: ${error.message}`);
    process.exitCode = 1;
  }
}
