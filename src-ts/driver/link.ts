// Objects to a wasm that imports its memory and nothing else, or why that can't be.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { SIGNATURE_EXPORT } from '../signature.js';
import type { Diagnostic } from './api.js';
import { BuildError } from './api.js';
import { type Cache, sha256 } from './cache.js';
import type { ObjectFile } from './compile.js';
import type { Compiler } from './compiler.js';
import { errorAt, failure, type LinkerComplaint, lineOf, parseLinker } from './diagnostics.js';
import { readSymbols, type Symbols } from './objects.js';
import type { Plan } from './plan.js';
import { WasmError } from './reader.js';
import { refusalOf, spokenName } from './refusals.js';
import { Shared } from './shared.js';
import { strip } from './strip.js';
import { readWasm } from './wasm.js';

interface Part {
  /** On the linker's command line. */
  name: string;
  /** Of the source, or of the object that was given. */
  path: string;
  /** Of this package, not of the user. */
  own: boolean;
  bytes: Uint8Array;
  symbols: Symbols;
  /** The user's files that it was made from. */
  files: readonly string[];
}

const running = new Shared<Uint8Array>();

/** `bare` allows a module without a kernel. */
export async function linkObjects(
  objects: readonly ObjectFile[],
  plan: Plan,
  compiler: Compiler,
  cache: Cache,
  bare: boolean,
  signal: AbortSignal | undefined,
): Promise<{ wasm: Uint8Array; cached: boolean }> {
  const parts = await collect(objects, plan);
  checkKernels(parts, plan, bare);

  const refused = [
    ...new Set(parts.filter(({ own }) => !own).flatMap(({ symbols }) => symbols.missing.filter(refusalOf))),
  ];
  const exported = parts.flatMap(({ symbols }) => symbols.kept.filter(({ kind }) => kind === 'data'));
  const args = [
    ...plan.link,
    // The linker finds out whether the code that refers to them is ever reached.
    ...refused.map((name) => `--wrap=${name}`),
    ...exported.map(({ name }) => `--export=${name}`),
  ];
  const program = { objects: parts, args, threads: plan.threads, optimize: plan.optimize };
  const list = parts.map(({ name, bytes }) => `${name} ${sha256(bytes)}`);
  const key = sha256('module', compiler.id, plan.optimize, JSON.stringify(args), JSON.stringify(list));
  const kept = await cache.get(key);
  if (kept) return { wasm: kept.bytes, cached: true };
  const { result } = await running.run(key, signal, async (stop) => {
    const { wasm, output } = await compiler.link(program, stop);
    if (!wasm) throw explain(output, parts, plan);
    checkImports(wasm, parts, plan, output);
    const bytes = plan.optimize === 'debug' ? new Uint8Array(wasm) : strip(wasm);
    await cache.put(key, { facts: {}, bytes });
    return bytes;
  });
  return { wasm: result, cached: false };
}

async function collect(objects: readonly ObjectFile[], plan: Plan): Promise<Part[]> {
  const compiled = objects.map(({ source: { path, own }, bytes, dependencies }) => ({
    path,
    own,
    bytes,
    files: dependencies,
  }));
  const given = await Promise.all(
    plan.binaries.map(async (path) => ({ path, own: false, bytes: await readFile(path), files: [] })),
  );
  return [...compiled, ...given].map((part, i) => {
    // Plain letters, whatever the path has; the number tells two files of one name apart.
    const name = `${i}-${basename(part.path).replaceAll(/[^\w.+-]/g, '_')}${plan.binaries.includes(part.path) ? '' : '.o'}`;
    try {
      const symbols = readSymbols(part.bytes);
      // The linker is not asked: by what it looks at, most of a WASI sysroot's libraries fail, for their errno.
      if (plan.threads && symbols.alone) {
        const hint = 'compile it with -matomics -mbulk-memory, or name its source instead';
        throw failure([errorAt(part.path, 'this object is not built for threads', hint)], plan.cwd);
      }
      return { ...part, name, symbols };
    } catch (error) {
      if (!(error instanceof WasmError)) throw error;
      const hint = 'build it by the same compiler with -c, for WebAssembly and not for this machine';
      throw failure([errorAt(part.path, `this is no object of WebAssembly: ${error.message}`, hint)], plan.cwd);
    }
  });
}

function checkKernels(parts: readonly Part[], plan: Plan, bare: boolean): void {
  const places = new Map<string, Part[]>();
  for (const part of parts) {
    for (const { name, kind } of part.symbols.kept) {
      if (kind !== 'data' || !name.startsWith(SIGNATURE_EXPORT)) continue;
      const kernel = name.slice(SIGNATURE_EXPORT.length);
      places.set(kernel, [...(places.get(kernel) ?? []), part]);
    }
  }
  const errors: Diagnostic[] = [];
  for (const [kernel, all] of places) {
    const [first, ...others] = all as [Part, ...Part[]];
    for (const other of others) {
      const [place, elsewhere] = first.own || !other.own ? [other, first] : [first, other];
      const line = (part: Part) => lineOf(part.path, new RegExp(`ARENA_KERNEL\\(\\s*${kernel}\\b`));
      const at = elsewhere.own ? 'among the prebuilt kernels' : `in ${elsewhere.path}:${line(elsewhere) ?? 1}`;
      const message = `there are two kernels ${kernel}: this one, and one ${at}; rename one of them`;
      errors.push(errorAt(place.path, message, undefined, line(place)));
    }
  }
  const users = parts.filter(({ own }) => !own);
  if (errors.length === 0 && !bare && !users.some(({ symbols }) => symbols.kept.length > 0)) {
    const message = `no kernels: there is no ARENA_KERNEL in ${users.length === 1 ? 'this file' : 'any of these files'}`;
    const hint = 'add ARENA_KERNEL(function, parameter names...) below each function that JavaScript is to call';
    errors.push(errorAt(users[0]?.path, message, hint));
  }
  if (errors.length > 0) throw failure(errors, plan.cwd);
}

// Why the linker refused, at the user's files.
function explain(output: string, parts: readonly Part[], plan: Plan): BuildError {
  const complaints = parseLinker(output);
  if (complaints.length === 0) return new BuildError(`the linker failed and said:\n${output.trim() || 'nothing'}`);
  const errors = complaints.flatMap((complaint) => describe(complaint, parts));
  // What cannot work is the cause of much else that is missing.
  const causes = errors.filter(({ cause }) => cause);
  return failure(withoutRepeats((causes.length > 0 ? causes : errors).map(({ diagnostic }) => diagnostic)), plan.cwd);
}

// std::thread is several symbols to the linker, and pthread_create, which it calls, stands nowhere in the user's file.
function withoutRepeats(errors: readonly Diagnostic[]): Diagnostic[] {
  const reason = ({ message }: Diagnostic) => message.slice(message.indexOf(': '));
  return errors.filter(
    (error, i) =>
      errors.findIndex(
        ({ file, line, message }) => `${file}:${line} ${message}` === `${error.file}:${error.line} ${error.message}`,
      ) === i &&
      (error.line !== undefined ||
        !errors.some(
          (other) => other.file === error.file && other.line !== undefined && reason(other) === reason(error),
        )),
  );
}

function describe(complaint: LinkerComplaint, parts: readonly Part[]): { diagnostic: Diagnostic; cause: boolean }[] {
  const { kind, message } = complaint;
  const symbol = complaint.symbol.replace(/^__wrap_/, '');
  const named = parts.filter(({ name }) => complaint.objects.includes(name));
  if (kind === 'undefined') {
    const users = parts.filter(({ own, symbols }) => !own && symbols.missing.includes(symbol));
    const reason = refusalOf(symbol);
    if (reason) return refuse(symbol, reason, users);
    const [first = undefined] = named.length > 0 ? named : users;
    const text = `${symbol} is declared and called, but no source defines it`;
    const hint = first?.own ? undefined : 'add the .cpp, .c, .o or .a file that defines it to the sources';
    const from = first ? '' : ` (${complaint.objects.join(', ')})`;
    return [
      { diagnostic: errorAt(first?.path, text + from, hint, first && lineIn(first, symbol)?.line), cause: false },
    ];
  }
  if (kind === 'duplicate') {
    const paths = named.map(({ path }) => path);
    const text = `${complaint.symbol} is defined in ${paths.join(' and in ') || complaint.objects.join(' and in ')}`;
    const hint = 'make it static, inline or part of a namespace in one of them';
    return [{ diagnostic: errorAt(paths.at(-1), text, hint), cause: false }];
  }
  // The linker knows the parts by our names for them.
  const part = parts.find(({ name }) => message.startsWith(`${name}: `));
  return [{ diagnostic: errorAt(part?.path, message.slice(part ? part.name.length + 2 : 0)), cause: false }];
}

function refuse(symbol: string, reason: string, users: readonly Part[]): { diagnostic: Diagnostic; cause: boolean }[] {
  const name = spokenName(symbol);
  if (users.length === 0) return [{ diagnostic: errorAt(undefined, `${name}: ${reason}`), cause: false }];
  return users.map((part) => {
    const place = lineIn(part, name.split('::').at(-1) as string);
    return { diagnostic: errorAt(place?.file ?? part.path, `${name}: ${reason}`, undefined, place?.line), cause: true };
  });
}

// The first place where a file of this part has the word.
function lineIn(part: Part, word: string): { file: string; line: number } | undefined {
  const name = /^[\w:~]+/.exec(word)?.[0].split('::').at(-1);
  if (!name) return undefined;
  for (const file of [part.path, ...part.files]) {
    const line = lineOf(file, new RegExp(`(?<!#.*|\\w)${name === 'fstream' ? '[io]?fstream' : name}(?!\\w)`));
    if (line) return { file, line };
  }
  return undefined;
}

// The libraries themselves ask their system for what nobody has refused above.
function checkImports(wasm: Uint8Array, parts: readonly Part[], plan: Plan, output: string): void {
  const rest = readWasm(wasm).imports.filter(({ module, name }) => module !== 'env' || name !== 'memory');
  if (rest.length === 0) return;
  const names = rest.map(({ module, name }) => (module === 'env' ? name : `${module}.${name}`));
  const known = rest.flatMap(({ name }) => {
    const users = parts.filter(({ own, symbols }) => !own && symbols.missing.includes(name));
    const reason = refusalOf(name);
    return reason || users.length > 0 ? refuse(name, reason ?? 'nobody gives this to a kernel', users) : [];
  });
  const hint = 'leave out what needs it; a kernel has memory and nothing else of a system';
  const text = `the module would import ${names.join(', ')} from its host${output ? ` (${output.trim()})` : ''}`;
  const errors = known.map(({ diagnostic }) => diagnostic);
  throw failure(errors.length > 0 ? withoutRepeats(errors) : [errorAt(parts[0]?.path, text, hint)], plan.cwd);
}
