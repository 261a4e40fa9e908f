// arena-bind wrap: the JavaScript and the types of a wasm that another build tool has linked, as CMake does.
import { BuildError, describe, docsIn, refusalOf, WasmError, writeOwn } from '../driver/index.js';
import { differenceOf, PAIR_HINT } from '../driver/pair.js';
import { readWasm } from '../driver/wasm.js';
import type { Arguments, Command } from './arguments.js';
import { bytesOf, CAPACITY } from './options.js';
import { filesOf, outputOf, readInput, shown } from './output.js';

export const command: Command = {
  name: 'wrap',
  summary: 'writes the JavaScript and the types of a wasm that is built already, beside it',
  takes: '<wasm> [sources...]',
  count: { least: 1, most: Infinity },
  options: [CAPACITY, { name: 'threads', help: 'there is a second wasm beside it: filters.threads.wasm' }],
  more: '  Sources and headers are read for their /// comments. CMake does this by itself: see arena_bind_add_module.',
  run,
};

async function run(given: Arguments): Promise<number> {
  const [path, ...sources] = given.positionals as [string, ...string[]];
  const capacity = given.text('capacity');
  const output = await outputOf(path, path);
  const wasm = await readInput(path);
  const description = descriptionOf(wasm, path);
  const threads = given.has('threads') ? await readInput(output.threads) : undefined;
  const difference = threads && differenceOf(description, descriptionOf(threads, output.threads));
  if (difference) throw new BuildError(`${shown(path)} and ${shown(output.threads)}: ${difference}; ${PAIR_HINT}`);
  const files = filesOf(
    {
      wasm,
      threads,
      description,
      docs: await docsIn(sources),
      capacity: capacity === undefined ? undefined : bytesOf(capacity),
    },
    output,
    [path],
    false,
  );
  files.delete(output.wasm);
  files.delete(output.threads);
  await writeOwn(files, 'move it away', shown);
  return 0;
}

function descriptionOf(wasm: Uint8Array, path: string) {
  try {
    const rest = readWasm(wasm).imports.filter(({ module, name }) => module !== 'env' || name !== 'memory');
    if (rest.length > 0) {
      const names = rest.map(({ module, name }) => `  ${module}.${name}: ${refusalOf(name) ?? 'nobody gives it'}`);
      throw new BuildError(
        `${shown(path)} imports what a kernel can't have; expected env.memory alone:\n${names.join('\n')}`,
      );
    }
    const description = describe(wasm);
    if (description.kernels.length > 0) return description;
  } catch (error) {
    if (error instanceof WasmError) throw new BuildError(`${shown(path)}: ${error.message}`);
    throw error;
  }
  throw new BuildError(`${shown(path)} has no kernels: link the file that has ARENA_KERNEL into it`);
}
