// arena-bind inspect: what a wasm says about itself, without running it.
import { ABI_VERSION } from '../abi.gen.js';
import type { Field, Kernel, Struct } from '../driver/api.js';
import { BuildError } from '../driver/api.js';
import { describeFile } from '../driver/describe.js';
import { type FunctionType, type MemoryLimits, readWasm, WasmError, type WasmFile } from '../driver/wasm.js';
import { SIGNATURE_EXPORT } from '../signature.js';
import type { Arguments, Command } from './arguments.js';
import { featuresOf } from './features.js';
import { readInput } from './output.js';

export const command: Command = {
  name: 'inspect',
  summary: 'prints what a wasm exports, imports and carries, without running it',
  takes: '<wasm>',
  count: { least: 1, most: 1 },
  options: [{ name: 'json', help: 'as JSON' }],
  run,
};

async function run(given: Arguments): Promise<number> {
  const [path] = given.positionals as [string];
  const bytes = await readInput(path);
  let report: Report;
  try {
    report = reportOf(path, readWasm(bytes));
  } catch (error) {
    if (error instanceof WasmError) throw new BuildError(`${path}: ${error.message}`);
    throw error;
  }
  console.log(given.has('json') ? JSON.stringify(report, undefined, 2) : textOf(report));
  return 0;
}

interface Report {
  file: string;
  bytes: number;
  /** Undefined when it has no kernels. */
  abi: number | undefined;
  /** With the bytes of code of their exports alone: what they call is not counted. */
  kernels: (Kernel & { code: number })[];
  structs: readonly Struct[];
  memories: (MemoryLimits & { from: string | undefined })[];
  /** Bytes of the C stack; undefined for modules that aren't ours. */
  stack: number | undefined;
  data: { bytes: number; segments: number };
  features: string[];
  /** Other than the memory. */
  imports: string[];
  /** Other than kernels and their signatures. */
  exports: string[];
  sections: { name: string; custom: boolean; bytes: number }[];
  names: boolean;
  /** Bytes of DWARF. */
  debug: number;
}

function reportOf(path: string, file: WasmFile): Report {
  if (file.sections.some(({ custom, name }) => custom && name === 'linking')) {
    throw new WasmError('it is an object file, not linked yet: name it among the sources of arena-bind build');
  }
  const { abi, kernels, structs } = describeFile(file);
  const exported = new Map(file.exports.map((entry) => [entry.name, entry]));
  const own = new Set(kernels.flatMap(({ name }) => [name, SIGNATURE_EXPORT + name]));
  const custom = (test: (name: string) => boolean) => file.sections.filter((entry) => entry.custom && test(entry.name));
  return {
    file: path,
    bytes: file.size,
    abi,
    kernels: kernels.map((kernel) => {
      const index = exported.get(kernel.name)?.index as number;
      return { ...kernel, code: file.code[index - file.importedFunctions]?.length ?? 0 };
    }),
    structs,
    memories: [
      ...file.imports.flatMap(({ module, name, limits }) => (limits ? [{ ...limits, from: `${module}.${name}` }] : [])),
      ...file.memories.map((limits) => ({ ...limits, from: undefined })),
    ],
    stack: exported.has('arena_stack_get') ? file.globals[0] : undefined,
    data: { bytes: file.data.reduce((sum, { bytes }) => sum + bytes.length, 0), segments: file.data.length },
    features: featuresOf(file),
    imports: file.imports.flatMap(({ module, name, kind, type }) =>
      kind === 'memory' ? [] : [`${module}.${name}${type ? typeText(type) : `: ${kind}`}`],
    ),
    exports: file.exports.flatMap(({ name, kind, type }) =>
      own.has(name) ? [] : [`${name}${type ? typeText(type) : `: ${kind}`}`],
    ),
    sections: file.sections.map(({ name, custom, size }) => ({ name, custom, bytes: size })),
    names: custom((name) => name === 'name').length > 0,
    debug: custom((name) => name.startsWith('.debug_')).reduce((sum, { size }) => sum + size, 0),
  };
}

const typeText = ({ params, results }: FunctionType) => `(${params.join(', ')}): ${results.join(', ') || 'void'}`;

function textOf(report: Report): string {
  const { abi, kernels, structs, stack, data, features, imports, exports, sections } = report;
  const built = abi === undefined ? 'no kernels' : `ABI ${abi}`;
  const parts = [
    `${report.file}  ${count(report.bytes)} bytes, ${built}`,
    abi !== undefined && abi !== ABI_VERSION
      ? `it doesn't fit this package, which takes ABI ${ABI_VERSION}: build it again`
      : '',
    block(
      'kernels, by the bytes of their own code',
      columns(kernels.map((kernel) => [count(kernel.code), kernelText(kernel)])),
    ),
    ...structs.map((struct) =>
      block(
        `struct ${struct.name}, ${count(struct.size)} bytes, alignment ${struct.align}: fields by their offset`,
        columns(struct.fields.map(({ name, type, offset }) => [count(offset), `${name}: ${type}`])),
      ),
    ),
    block('memory', [
      ...report.memories.map(memoryText),
      ...(stack === undefined ? [] : [`C stack of ${count(stack)} bytes`]),
      `static data: ${count(data.bytes)} bytes in ${data.segments} segment${data.segments === 1 ? '' : 's'}`,
    ]),
    block('features that its code uses', [features.join(', ') || 'none beyond the first version of wasm']),
    block('other imports', imports),
    block('other exports', exports),
    block('sections, in bytes', columns(sections.map(({ name, bytes }) => [count(bytes), name]))),
    block('for debuggers', [
      `names of functions: ${report.names ? 'yes' : 'no'}; DWARF: ${report.debug > 0 ? `${count(report.debug)} bytes` : 'no'}`,
    ]),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

const count = (bytes: number) => bytes.toLocaleString('en');

const block = (title: string, lines: readonly string[]) =>
  lines.length === 0 ? '' : [title, ...lines.map((line) => `  ${line}`)].join('\n');

// Numbers, and what they are of.
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([number]) => number.length));
  return rows.map(([number, text]) => `${number.padStart(width)}  ${text}`);
}

function kernelText({ name, parameters, returns }: Kernel): string {
  const list = parameters.map((parameter) => {
    const ending = { scalar: '', string: '', span: '[]', structs: '[]', columns: '{}' }[parameter.kind];
    return `${parameter.name}: ${parameter.readonly ? 'const ' : ''}${parameter.type}${ending}`;
  });
  const field = (field: Field) => `${field.name}: ${field.type}`;
  return `${name}(${list.join(', ')}): ${typeof returns === 'string' ? returns : `[${returns.map(field).join(', ')}]`}`;
}

function memoryText({ from, initial, maximum, shared, wide }: Report['memories'][number]): string {
  const most = maximum === undefined ? 'without a limit' : `up to ${count(maximum)} (${sizeText(maximum)})`;
  const where = from === undefined ? 'its own' : `imported as ${from}`;
  const kind = `${shared ? ', shared' : ''}${wide ? ', with 64-bit addresses' : ''}`;
  return `${where}: from ${count(initial)} page${initial === 1 ? '' : 's'} (${sizeText(initial)}) ${most}${kind}`;
}

const PAGE_KIB = 64;

function sizeText(pages: number): string {
  const kib = pages * PAGE_KIB;
  if (kib >= 2 ** 20) return `${count(Math.round(kib / 2 ** 20))} GiB`;
  return kib >= 2 ** 10 ? `${count(Math.round(kib / 2 ** 10))} MiB` : `${kib} KiB`;
}
