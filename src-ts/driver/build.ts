// Sources and options to a wasm that describes itself.
import { BuildError, type BuildOptions, type Built, type Description, OptionError } from './api.js';
import { Cache } from './cache.js';
import { docsIn } from './comments.js';
import { compileSource } from './compile.js';
import { describe } from './describe.js';
import { failure } from './diagnostics.js';
import { linkObjects } from './link.js';
import { CPP, type Plan, planOf } from './plan.js';
import { chooseToolchain } from './toolchains.js';
import { WasmError } from './wasm.js';

/** Throws a BuildError when the sources, the options or this machine are not what it takes. */
export async function build(options: BuildOptions): Promise<Built> {
  if (options.sources?.length === 0) {
    throw new OptionError('there is nothing to build: name at least one .cpp file that has an ARENA_KERNEL');
  }
  return buildModule(options);
}

/** The same, where a module without any kernel is no mistake: this package's own. */
export async function buildModule(options: BuildOptions, { bare = false } = {}): Promise<Built> {
  const { signal } = options;
  signal?.throwIfAborted();
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
  // A header with an error says so in each source that includes it.
  const seen = new Set<string>();
  // Ours fail only together with the user's, when it is the compiler that fails.
  const theirs = diagnostics.filter(({ file }) => !file?.startsWith(CPP));
  const once = (theirs.length > 0 ? theirs : diagnostics).filter((diagnostic) => {
    const key = JSON.stringify(diagnostic);
    return !seen.has(key) && seen.add(key);
  });
  throw once.length > 0 ? failure(once, plan.cwd) : first;
}
