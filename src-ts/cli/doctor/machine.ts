// What this machine has: Node, its engine, compilers, a place for the cache.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BuildError,
  build,
  defaultFolder,
  findToolchain,
  installAdvice,
  TOOLCHAINS,
  type ToolchainName,
} from '../../driver/index.js';
import type { Finding } from './finding.js';

const ok = (about: string, says: string): Finding => ({ level: 'ok', about, says });

/** What each version of Node is the first to do. */
const NODE: readonly { since: readonly [major: number, minor: number]; stops: string; level: Finding['level'] }[] = [
  { since: [20, 0], stops: 'arena-bind itself', level: 'bad' },
  { since: [20, 16], stops: 'figures of the heap in expectZeroGarbage: it sees new views alone', level: 'note' },
  { since: [20, 19], stops: 'the bundler plugins', level: 'note' },
];

export function checkNode(version = process.versions.node): Finding[] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const lacks = NODE.filter(({ since }) => major < since[0] || (major === since[0] && minor < since[1]));
  if (lacks.length === 0) return [ok('Node', version)];
  const newest = lacks.at(-1)?.since.join('.');
  return lacks.map(({ since, stops, level }) => ({
    level,
    about: 'Node',
    says: `${version} is older than ${since.join('.')}, which stops ${stops}`,
    fix: `install Node ${newest} or newer`,
  }));
}

// A module with one function: v128.const 0, drop.
const SIMD = new Uint8Array([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0],
  ...[10, 23, 1, 21, 0, 0xfd, 12, ...new Array(16).fill(0), 0x1a, 0x0b],
]);

export function checkEngine(): Finding[] {
  const findings: Finding[] = [];
  const simd = WebAssembly.validate(SIMD);
  findings.push(
    simd
      ? ok('WebAssembly', 'SIMD')
      : {
          level: 'note',
          about: 'WebAssembly',
          says: 'this engine has no SIMD: the prebuilt kernels and modules built with SIMD do not load',
          fix: 'build with --no-simd',
        },
  );
  let shared = false;
  try {
    shared = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer instanceof SharedArrayBuffer;
  } catch {
    // no
  }
  findings.push(
    shared
      ? ok('WebAssembly', 'shared memory')
      : { level: 'note', about: 'WebAssembly', says: 'no shared memory, which stops threads' },
  );
  findings.push(
    'Float16Array' in globalThis
      ? ok('Float16Array', 'blocks of f16')
      : {
          level: 'note',
          about: 'Float16Array',
          says: 'not in this Node, which stops blocks of f16',
          fix: 'use Node 24',
        },
  );
  return findings;
}

const PROBE = `#include <arena_bind/kernel.hpp>
#include <algorithm>
#include <vector>
float probe(std::span<const float> in) {
  std::vector<float> sorted(in.begin(), in.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted.empty() ? 0 : sorted[sorted.size() / 2];
}
ARENA_KERNEL(probe, in)
`;

/** Each toolchain builds a kernel: that its files are there is no proof. */
export async function checkToolchains(cwd: string): Promise<Finding[]> {
  const folder = await mkdtemp(join(tmpdir(), 'arena-bind-'));
  try {
    const source = join(folder, 'probe.cpp');
    await writeFile(source, PROBE);
    const findings = await Promise.all(TOOLCHAINS.map((name) => checkToolchain(name, cwd, source)));
    // One is enough.
    if (findings.some(({ level }) => level === 'ok')) return findings.map(({ fix, ...finding }) => finding);
    return [...findings, { level: 'bad', about: 'C++', says: 'no toolchain can build kernels', fix: installAdvice() }];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function checkToolchain(name: ToolchainName, cwd: string, source: string): Promise<Finding> {
  const found = await findToolchain(name, cwd);
  if (typeof found === 'string') return { level: 'note', about: name, says: found, fix: installAdvice(name) };
  const { version, path } = found.toolchain;
  try {
    await build({ sources: [source], cwd, toolchain: name });
    return ok(name, `${version}, ${path}`);
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    return { level: 'note', about: name, says: `${version}, ${path}, can't build a kernel:\n${error.message}` };
  }
}

export async function checkCache(cwd: string): Promise<Finding> {
  const folder = defaultFolder(cwd);
  try {
    await mkdir(folder, { recursive: true });
    await rm(await mkdtemp(join(folder, 'doctor-')), { recursive: true });
    return ok('cache', folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const fix = `allow writing in ${folder}`;
    return { level: 'note', about: 'cache', says: `cannot be written (${code}): each build compiles everything`, fix };
  }
}
