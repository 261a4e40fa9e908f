// The line in which a wasm says what a kernel takes and returns (abi.h), as data.

import { ArenaError } from './errors.js';

/** What the export of a kernel's signature begins with; the kernel's name follows. */
export const SIGNATURE_EXPORT = 'arena_kernel_';

/** A kernel as JavaScript calls it. */
export type BoundKernel = (...args: any[]) => unknown;

/** One parameter of a kernel. */
export interface KernelParameter {
  readonly name: string;
  /** Element type of a span, type of a scalar, `string`, or a struct's layout as it stands in the wasm (abi.h). */
  readonly type: string;
  readonly span: boolean;
  /** A `span<const T>`: the kernel only reads it. */
  readonly readonly: boolean;
}

/** One field of a returned tuple. */
export interface KernelField {
  readonly name: string;
  readonly type: string;
  /** Bytes from the start of the struct. */
  readonly offset: number;
}

/** What a module says about one of its kernels. */
export interface KernelInfo {
  readonly name: string;
  /** Its own description, such as `sum(in:const f32[]):f32`; undefined for a plain `extern "C"` export, which says nothing about itself. */
  readonly signature: string | undefined;
  readonly parameters: readonly KernelParameter[];
  /** `void`, a scalar type, or the fields of a tuple. */
  readonly returns: string | readonly KernelField[];
}

const PARAMETER = /^([^:]*):?(const )?(.*?)(\[])?$/;

/** @internal */
export function parseSignature(signature: string): KernelInfo {
  const [, plain, name, parameters, returns] = /^arena:\d+:((\w+)\((.*)\):([^)]+))$/.exec(signature) ?? [];
  if (name === undefined || parameters === undefined || returns === undefined) {
    throw new ArenaError('ERR_BAD_MODULE', `a kernel's description is not understood: ${signature}`);
  }
  return {
    name,
    signature: plain,
    parameters: split(parameters).map((parameter) => {
      const [, name, constant, type, brackets] = PARAMETER.exec(parameter) as string[];
      return { name, type, span: !!brackets, readonly: !!constant } as KernelParameter;
    }),
    returns: returns.startsWith('[')
      ? split(returns.slice(1, -1)).map((field) => {
          const [name, type, offset] = field.split(/[:@]/);
          return { name, type, offset: Number(offset) } as KernelField;
        })
      : returns,
  };
}

function split(list: string): string[] {
  return list === '' ? [] : list.split(',');
}
