// Sources and options to a wasm that describes itself.
import { setMaxListeners } from 'node:events';
import { resolve } from 'node:path';
import { BuildError, type BuildOptions, type Built, type Description, type Diagnostic, OptionError } from './api.js';
import { Cache } from './cache.js';
import { docsIn } from './comments.js';
import { compileSource } from './compile.js';
import { describe } from './describe.js';
import { errorAt, failure } from './diagnostics.js';
import { linkObjects } from './link.js';
import { differenceOf, PAIR_HINT } from './pair.js';
import { CPP, type Plan, planOf } from './plan.js';
import { chooseToolchain } from './toolchains.js';
import { WasmError } from './wasm.js';

/** Throws a BuildError when the sources, the options or this machine are not what it takes. */
export async function build(options: BuildOptions): Promise<Built> {
  if (options.sources?.length === 0) {
    throw new OptionError('there is nothing to build: name at least one .cpp file that has an ARENA_KERNEL');
  }
  if (!options.threads) return buildModule(options);
  const results = await Promise.allSettled([false, true].map((threads) => buildModule({ ...options, threads })));
  const [one, threads] = results.map((result) => {
    // What is wrong with the sources is wrong in both builds: once is enough.
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  }) as [Built, Built];
  const difference = differenceOf(one.description, threads.description);
  if (difference !== undefined) {
    const cwd = resolve(options.cwd ?? '.');
    throw failure([errorAt(resolve(cwd, options.sources[0] as string), difference, PAIR_HINT)], cwd);
  }
  return {
    ...one,
    threads: threads.wasm,
    dependencies: [...new Set([...one.dependencies, ...threads.dependencies])],
    warnings: distinct([...one.warnings, ...threads.warnings]),
    cached: one.cached && threads.cached,
  };
}

/**
 * One wasm, for threads where `threads` says so. With `bare`, a module without any kernel is no mistake: this package's
 * own.
 */
export async function buildModule(options: BuildOptions, { bare = false } = {}): Promise<Built> {
  const { signal } = options;
  signal?.throwIfAborted();
  if (signal) setMaxListeners(0, signal); // each compiler that runs listens, and Node warns of more than 10
  const plan = planOf(options);
  const cache = new Cache(plan.cache);
  const compiler = await chooseToolchain(options.toolchain, plan.cwd, cache);
  // All sources are tried, so that the errors of all of them come at once.
  const results = await Promise.allSettled(
    plan.sources.map((source) => compileSource(source, plan, compiler, cache, signal)),
  );
  throwErrors(results, plan);
  const objects = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const linked = await linkObjects(objects, plan, compiler, cache, bare, signal);
  const users = objects.filter(({ source }) => !source.own);
  const dependencies = [...new Set([...users.flatMap((object) => object.dependencies), ...plan.binaries])];
  return {
    wasm: linked.wasm,
    threads: undefined,
    description: descriptionOf(linked.wasm),
    docs: await docsIn(objects.flatMap(({ source, dependencies: files }) => (source.own ? [source.path] : files))),
    capacity: plan.capacity,
    dependencies,
    warnings: objects.flatMap(({ warnings }) => warnings),
    toolchain: compiler.toolchain,
    cached: linked.cached && objects.every(({ cached }) => cached),
  };
}

function descriptionOf(wasm: Uint8Array): Description {
  try {
    return describe(wasm);
  } catch (error) {
    throw error instanceof WasmError ? new BuildError(error.message) : error;
  }
}

function throwErrors(results: readonly PromiseSettledResult<unknown>[], plan: Plan): void {
  const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  const [first] = reasons;
  if (first === undefined) return;
  const diagnostics = reasons.flatMap((reason) => (reason instanceof BuildError ? reason.diagnostics : []));
  const other = reasons.find((reason) => !(reason instanceof BuildError) || reason.diagnostics.length === 0);
  if (other) throw other;
  // Ours fail only together with the user's, when it is the compiler that fails.
  const theirs = diagnostics.filter(({ file }) => !file?.startsWith(CPP));
  // A header with an error says so in each source that includes it.
  const once = distinct(theirs.length > 0 ? theirs : diagnostics);
  throw once.length > 0 ? failure(once, plan.cwd) : first;
}

function distinct(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...new Map(diagnostics.map((diagnostic) => [JSON.stringify(diagnostic), diagnostic])).values()];
}
