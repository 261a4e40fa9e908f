// kernel.hpp, read once for all sources: with the C++ library behind it, it is most of the work of compiling a small one.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Cache, sha256 } from './cache.js';
import type { Compiler } from './compiler.js';
import { CPP, ownHash, type Plan, type Source } from './plan.js';
import { Shared } from './shared.js';

/** Includes kernel.hpp; nobody else includes it. */
export const PRECOMPILED = join(CPP, 'precompiled.hpp');

const HEADER = 'arena_bind/kernel.hpp';
/** Nothing but comments before it, so that no macro could change what it means. */
const BEGINS = /^(?:\s|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)*#[ \t]*include[ \t]*[<"]arena_bind\/kernel\.hpp[>"]/;

const running = new Shared<Uint8Array | undefined>();
const failed = new Set<string>();

/** What a source may begin with in place of kernel.hpp; undefined when that might not mean the same. */
export async function precompiledFor(
  source: Source,
  text: Uint8Array,
  plan: Plan,
  compiler: Compiler,
  cache: Cache,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const { path, header: args } = source;
  if (!compiler.precompile || !args || !plan.cache || !BEGINS.test(Buffer.from(text).toString())) return undefined;
  if ([dirname(path), ...plan.include].some((folder) => existsSync(join(folder, HEADER)))) return undefined;
  const key = sha256('header', compiler.id, ownHash(), JSON.stringify(args));
  if (failed.has(key)) return undefined;
  const kept = await cache.get(key);
  if (kept) return kept.bytes;
  const { result } = await running.run(key, signal, async (stop) => {
    const unit = { source: PRECOMPILED, language: 'c++' as const, args, cwd: CPP, include: [] };
    const bytes = await compiler.precompile?.(unit, stop);
    if (bytes) await cache.put(key, { facts: {}, bytes });
    else failed.add(key); // it would again, and takes as long as a source
    return bytes;
  });
  return result;
}
