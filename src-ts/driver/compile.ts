// A source to an object, or the one that the cache has from the same text, headers, flags and compiler.
import { readFile, stat } from 'node:fs/promises';
import type { Diagnostic } from './api.js';
import { type Cache, type Entry, sha256 } from './cache.js';
import type { Compiler } from './compiler.js';
import { errorAt, failure, parseCompiler } from './diagnostics.js';
import { missingBefore } from './includes.js';
import { readSymbols } from './objects.js';
import { HEADERS, ownHash, type Plan, type Source } from './plan.js';
import { PRECOMPILED, precompiledFor } from './precompiled.js';
import { Shared } from './shared.js';

export interface ObjectFile {
  source: Source;
  bytes: Uint8Array;
  /** Absolute; the source among them. */
  dependencies: readonly string[];
  warnings: readonly Diagnostic[];
  cached: boolean;
}

type Facts = {
  /** Path and hash of each file that it was made from, and of those that would be used if they were there. */
  files: [path: string, hash: string][];
  warnings: Diagnostic[];
  /** Whether a file changed while it was read: then nobody knows which text this is of. */
  unsettled: boolean;
};

const MISSING = 'none';
const running = new Shared<Entry<Facts>>();

export async function compileSource(
  source: Source,
  plan: Plan,
  compiler: Compiler,
  cache: Cache,
  signal: AbortSignal | undefined,
): Promise<ObjectFile> {
  const { path, language, cwd, args } = source;
  const text = await readFile(path).catch((cause) => {
    throw failure([errorAt(path, `cannot be read: ${(cause as Error).message}`)], plan.cwd);
  });
  const key = sha256('object', compiler.id, ownHash(), cwd, path, language, JSON.stringify(args), text);
  const give = ({ bytes, facts }: Entry<Facts>, cached: boolean): ObjectFile => ({
    source,
    bytes,
    dependencies: facts.files.flatMap(([file, hash]) => (hash === MISSING ? [] : [file])),
    warnings: facts.warnings,
    cached,
  });

  const kept = await cache.get<Facts>(key);
  if (kept && (await isCurrent(kept))) return give(kept, true);
  // Who waits for another's run takes its result only if the files are still the same.
  for (;;) {
    const { result, joined } = await running.run(key, signal, (stop) => compile(stop));
    if (!joined || (await isCurrent(result))) return give(result, joined);
  }

  async function compile(stop: AbortSignal): Promise<Entry<Facts>> {
    const started = Date.now();
    const unit = { source: path, language, args, cwd, include: plan.include };
    const precompiled = await precompiledFor(source, text, plan, compiler, cache, stop);
    let done = await compiler.compile(own({ ...unit, precompiled }), stop);
    // Whatever is wrong with it, what it saved goes into saying so in the words for the header itself.
    if (precompiled && !done.object) done = await compiler.compile(own(unit), stop);
    if (!plan.threads && done.object && readSymbols(done.object).threadLocal) {
      // Clang 14 makes no plain data of thread_local beside bulk memory, and in one thread that is all it takes.
      done = await compiler.compile(own({ ...unit, args: [...args, '-mno-bulk-memory'] }), stop);
    }
    const said = parseCompiler(done.output, plan.cwd, HEADERS);
    if (!done.object) {
      if (said.some(({ severity }) => severity === 'error')) throw failure(said, plan.cwd);
      throw failure([errorAt(path, `the compiler failed and said: ${done.output.trim() || 'nothing'}`)], plan.cwd);
    }
    const dependencies = [...new Set([path, ...done.dependencies.filter((file) => file !== PRECOMPILED)])];
    const files = await Promise.all(dependencies.map(async (file) => [file, await hashOf(file)] as [string, string]));
    const times = await Promise.all(
      dependencies.map((file) =>
        stat(file).then(
          ({ mtimeMs }) => mtimeMs,
          () => Infinity,
        ),
      ),
    );
    const unsettled = times.some((time) => time >= started);
    for (const file of await missingBefore(dependencies, plan.include)) files.push([file, MISSING]);
    const entry = { facts: { files, warnings: said, unsettled }, bytes: done.object };
    if (!unsettled) await cache.put(key, entry);
    return entry;
  }

  function own<T extends { include: readonly string[] }>(unit: T): T {
    return { ...unit, include: [...unit.include, HEADERS] };
  }
}

async function isCurrent({ facts }: Entry<Facts>): Promise<boolean> {
  if (facts.unsettled) return false;
  const same = await Promise.all(facts.files.map(async ([file, hash]) => (await hashOf(file)) === hash));
  return same.every(Boolean);
}

async function hashOf(file: string): Promise<string> {
  return readFile(file).then(sha256, () => MISSING);
}
