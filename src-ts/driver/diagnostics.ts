// What clang and wasm-ld print, as diagnostics. A static_assert of ours stands at the user's line, once.
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { BuildError, type Diagnostic } from './api.js';
import { hintFor } from './refusals.js';

interface Remark {
  file: string | undefined;
  line: number | undefined;
  column: number | undefined;
  severity: string;
  message: string;
}

const OURS = /"?(arena-bind: [^"]*?)"?$/;

/** From the output of one run of a compiler. `own` is the folder of our headers, which are nobody's place of an error. */
export function parseCompiler(output: string, cwd: string, own: string): Diagnostic[] {
  const groups: { head: Remark; notes: Remark[] }[] = [];
  for (const line of output.split(/\r?\n/)) {
    const remark = parseLine(line, cwd);
    if (!remark) continue;
    if (remark.severity === 'note') groups.at(-1)?.notes.push(remark);
    else groups.push({ head: remark, notes: [] });
  }
  const found: Diagnostic[] = [];
  for (const { head, notes } of groups) {
    const inside = (remark: Remark) => remark.file?.startsWith(own + sep) ?? false;
    // The last place outside of our headers in the chain of instantiations is the macro that the user wrote.
    const place = inside(head) ? (notes.filter((note) => note.file && !inside(note)).at(-1) ?? head) : head;
    const ours = OURS.exec(head.message)?.[1] ?? ofMacros(head.message);
    const { file, line, column } = place;
    const severity = head.severity.includes('error') ? 'error' : 'warning';
    const message = ours ?? head.message;
    found.push({ severity, file, line, column, message, hint: ours ? undefined : hintFor(head.message) });
  }
  return withoutEchoes(found);
}

function parseLine(text: string, cwd: string): Remark | undefined {
  const [, file, line, column, severity, message] =
    /^(.+?):(\d+):(?:(\d+):)? (fatal error|error|warning|note): (.*)$/.exec(text) ?? [];
  if (severity && message && file) {
    const path = isAbsolute(file) ? file : resolve(cwd, file);
    return { file: resolve(path), line: Number(line), column: column ? Number(column) : undefined, severity, message };
  }
  const [, bare, rest] =
    /^(?:\S*clang\S*|em(?:cc|\+\+)|error): ?(fatal error|error|warning)?:? ?(.*)$/.exec(text) ?? [];
  // What Emscripten adds is only that its clang has failed.
  if (rest && !/failed \(returned|^linker command failed/.test(rest) && (bare || text.startsWith('error'))) {
    return { file: undefined, line: undefined, column: undefined, severity: bare ?? 'error', message: rest };
  }
  return undefined;
}

/** What is behind an error about a name that our macros made up. */
function ofMacros(message: string): string | undefined {
  const twice = /redefinition of '(?:.*::)?arena_(?:export|kernel)_(\w+)/.exec(message)?.[1];
  if (twice) return `arena-bind: there are two kernels ${twice} in this file: rename one of them`;
  const [, kind] =
    /'[^']*\barena_(export|kernel|signature|columns|columns_of|name|fields)(?:_\w+|\b)[^']*'/.exec(message) ?? [];
  if (!kind) return undefined;
  if (/^(export|kernel|signature)$/.test(kind)) {
    return (
      'arena-bind: ARENA_KERNEL takes the plain name of one function: write it in the namespace of the function, and put a ' +
      'function of its own around a template or one of several overloads'
    );
  }
  return 'arena-bind: ARENA_STRUCT takes the plain name of a struct and of its fields: write it in the namespace of the struct';
}

// One mistake in a macro has many ends.
const MACRO = /\bARENA_(KERNEL|STRUCT)\s*\(/;

// Where one of our messages stands, or a macro of ours, whatever else the compiler says of that line follows from it.
function withoutEchoes(all: Diagnostic[]): Diagnostic[] {
  const lines = new Map<string, string[]>();
  const isMacro = ({ file, line }: Diagnostic) => {
    if (file === undefined || line === undefined) return false;
    if (!lines.has(file)) lines.set(file, existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []);
    return MACRO.test(lines.get(file)?.[line - 1] ?? '');
  };
  const place = ({ file, line }: Diagnostic) => `${file}:${line}`;
  const explained = new Set(all.filter(({ message }) => message.startsWith('arena-bind: ')).map(place));
  const seen = new Set<string>();
  return all.filter((diagnostic) => {
    const { message, hint } = diagnostic;
    const follows = explained.has(place(diagnostic)) || (explained.size > 0 && diagnostic.file === undefined);
    if (follows && !message.startsWith('arena-bind: ')) return false;
    const key = isMacro(diagnostic) ? place(diagnostic) : `${place(diagnostic)} ${message}${hint && 'hint'}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

export interface LinkerComplaint {
  kind: 'undefined' | 'duplicate' | 'other';
  /** Of the undefined or duplicate. */
  symbol: string;
  /** As it was named on the command line; the archive and the member where it is in one. */
  objects: string[];
  message: string;
}

/** From the output of wasm-ld, each symbol once. */
export function parseLinker(output: string): LinkerComplaint[] {
  const found = new Map<string, LinkerComplaint>();
  let last: LinkerComplaint | undefined;
  const add = (complaint: LinkerComplaint) => {
    const key = `${complaint.kind} ${complaint.symbol || complaint.message}`;
    const known = found.get(key);
    if (known) for (const object of complaint.objects) if (!known.objects.includes(object)) known.objects.push(object);
    last = known ?? complaint;
    found.set(key, last);
  };
  for (const line of output.split(/\r?\n/)) {
    const place = /^>>> (?:defined|referenced).*? in (.+)$/.exec(line)?.[1];
    if (place && last && !last.objects.includes(place)) last.objects.push(place);
    const message = /^\S*(?:wasm-ld\S*|lld): error: (.*)$/.exec(line)?.[1];
    if (message === undefined) continue;
    const [, object, symbol] = /^(.+?): undefined symbol: (.+)$/.exec(message) ?? [];
    const duplicate = /^duplicate symbol: (.+)$/.exec(message)?.[1];
    if (object && symbol) add({ kind: 'undefined', symbol, objects: [object], message });
    else if (duplicate) add({ kind: 'duplicate', symbol: duplicate, objects: [], message });
    else add({ kind: 'other', symbol: '', objects: [], message });
  }
  return [...found.values()];
}

/** The first line of the file that has the word outside of a comment; undefined when none has. */
export function lineOf(file: string, pattern: RegExp): number | undefined {
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, 'utf8').split('\n');
  const at = lines.findIndex((line) => pattern.test(line.replace(/\/\/.*$/, '')));
  return at < 0 ? undefined : at + 1;
}

/** As it is printed: the file from `cwd` where it lies in there. */
export function formatDiagnostic({ severity, file, line, column, message, hint }: Diagnostic, cwd: string): string {
  const near = file && relative(cwd, file);
  const name = near && !near.startsWith('..') && !isAbsolute(near) ? near : file;
  const place = [name, line, line && column].filter((part) => part).join(':');
  return `${place ? `${place}: ` : ''}${severity}: ${message}${hint ? `\n  ${hint}` : ''}`;
}

/** The error of a build that has these among its diagnostics. */
export function failure(diagnostics: readonly Diagnostic[], cwd: string): BuildError {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  return new BuildError(errors.map((error) => formatDiagnostic(error, cwd)).join('\n'), diagnostics);
}

export function errorAt(file: string | undefined, message: string, hint?: string, line?: number): Diagnostic {
  return { severity: 'error', file, line, column: undefined, message, hint };
}
