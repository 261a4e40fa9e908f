// What a wasm says about its kernels, read from its bytes alone: the lines that ARENA_KERNEL has left in its data (abi.h).

import { ELEMENTS } from '../elements.js';
import { SIGNATURE_EXPORT } from '../signature.js';
import type { Description, Field, Kernel, Parameter, Struct } from './api.js';
import { readWasm, WasmError, type WasmFile } from './wasm.js';

// A line ends with a NUL, and no part of it can contain one.
const LINE = /arena:(\d+):(\w+)\(([^\0()]*)\):(\w+|\[[^\0\]]*\])(?:\0|$)/g;

/** Throws a WasmError when `bytes` are no wasm, or describe a kernel in a way that is not understood. */
export function describe(bytes: Uint8Array): Description {
  return describeFile(readWasm(bytes));
}

/** The same of a file that has been read. */
export function describeFile(file: WasmFile): Description {
  const lines = new Map<string, { abi: number; signature: string; parameters: string; returns: string }>();
  for (const { bytes } of file.data) {
    for (const [, abi, name, parameters, returns] of Buffer.from(bytes).toString('latin1').matchAll(LINE)) {
      const signature = `${name}(${parameters}):${returns}`;
      lines.set(name as string, {
        abi: Number(abi),
        signature,
        parameters: parameters as string,
        returns: returns as string,
      });
    }
  }
  const exported = new Set(file.exports.map(({ name }) => name));
  const kernels: Kernel[] = [];
  const structs = new Map<string, Struct>();
  let abi: number | undefined;
  for (const [name, line] of [...lines].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!exported.has(name) || !exported.has(SIGNATURE_EXPORT + name)) continue; // some text of the user's
    abi = line.abi;
    kernels.push({
      name,
      signature: line.signature,
      parameters: split(line.parameters).map((text) => parameterOf(text, name, structs)),
      returns: line.returns.startsWith('[') ? split(line.returns.slice(1, -1)).map(resultField) : line.returns,
    });
  }
  return { abi, kernels, structs: [...structs.values()] };
}

const split = (list: string): string[] => (list === '' ? [] : list.split(','));

function resultField(text: string): Field {
  const [name = '', type = '', offset] = text.split(/[:@]/);
  return { name, type, offset: Number(offset) };
}

function parameterOf(text: string, kernel: string, structs: Map<string, Struct>): Parameter {
  const [, name, constant, type, layout, suffix] = /^(\w+):(const )?(\w+)(\{.*?\})?(\[\]|\{\})?$/.exec(text) ?? [];
  if (name === undefined || type === undefined) {
    throw new WasmError(`kernel ${kernel} describes a parameter in a way that is not understood: ${text}`);
  }
  if (layout !== undefined) addStruct(type, layout, structs);
  const kind =
    layout !== undefined
      ? suffix === '{}'
        ? 'columns'
        : 'structs'
      : suffix === '[]'
        ? 'span'
        : type === 'string'
          ? 'string'
          : 'scalar';
  return { name, kind, type, readonly: constant !== undefined };
}

function addStruct(name: string, layout: string, structs: Map<string, Struct>): void {
  if (ELEMENTS.some((element) => element.name === name)) {
    throw new WasmError(`there is a struct named ${name}, as an element type is: rename it, as to ${name}_data`);
  }
  const parts = layout.slice(1, -1).split(';');
  const [size = NaN, align = NaN] = (parts.pop() ?? '').split(' ').map(Number);
  const fields = parts.map((part) => {
    const [field = '', type = '', offset] = part.split(' ');
    return { name: field, type, offset: Number(offset) };
  });
  const struct = { name, fields, size, align };
  const known = structs.get(name);
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(struct)) {
    throw new WasmError(
      `two structs named ${name} with different fields: JavaScript knows them by name, so rename one`,
    );
  }
  structs.set(name, struct);
}
