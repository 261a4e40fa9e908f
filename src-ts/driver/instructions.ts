// Walks wasm code instruction by instruction.

import type { ByteReader } from './reader.js';

// What callers look for; an instruction with a prefix is prefix << 16 | number.
export const LOOP = 0x03;
export const END = 0x0b;
export const CALL = 0x10;
export const MEMORY_GROW = 0x40;
export const I32_CONST = 0x41;
export const MEMORY_INIT = 0xfc0008;

/** Told the instruction and its first immediate, 0 where it has none or where it is no 32-bit integer. */
export type Visit = (instruction: number, immediate: number) => void;

/** Visits a constant expression up to its end. */
export function walkExpression(from: ByteReader, visit: Visit): void {
  for (let last = -1; last !== END; ) last = step(from, visit);
}

/** Visits the body of a function: a reader at its locals. */
export function walkBody(from: ByteReader, visit: Visit): void {
  from.entries(() => {
    from.u32();
    skipValueType(from);
  });
  while (from.left > 0) step(from, visit);
}

function step(from: ByteReader, visit: Visit): number {
  const opcode = from.byte();
  if (opcode < 0xfb) {
    visit(opcode, plain(opcode, from));
    return opcode;
  }
  const number = from.u32();
  const instruction = (opcode << 16) | number;
  if (opcode === 0xfc) visit(instruction, bulk(number, from));
  else if (opcode === 0xfd) visit(instruction, vector(number, from));
  else if (opcode === 0xfe) visit(instruction, atomic(number, from));
  else throw from.unknown(`the instruction ${opcode.toString(16)} ${number}`);
  return instruction;
}

function plain(opcode: number, from: ByteReader): number {
  // Arithmetic and comparisons, then control without immediates.
  if (opcode >= 0x45 && opcode <= 0xc4) return 0;
  switch (opcode) {
    case 0x00: // unreachable
    case 0x01: // nop
    case 0x05: // else
    case 0x0a: // throw_ref
    case END:
    case 0x0f: // return
    case 0x19: // catch_all
    case 0x1a: // drop
    case 0x1b: // select
    case 0xd1: // ref.is_null
    case 0xd3: // ref.eq
    case 0xd4: // ref.as_non_null
      return 0;
    case 0x02: // block
    case LOOP:
    case 0x04: // if
    case 0x06: // try
      return skipBlockType(from);
    case 0x1f: // try_table
      skipBlockType(from);
      from.entries(() => {
        if (from.byte() < 2) from.u32(); // catch, catch_ref name a tag
        from.u32();
      });
      return 0;
    case 0x0e: // br_table
      from.entries(() => from.u32());
      return from.u32();
    case 0x1c: // select with types
      from.entries(() => skipValueType(from));
      return 0;
    case 0x11: // call_indirect
    case 0x13: {
      const type = from.u32();
      from.u32();
      return type;
    }
    case I32_CONST:
      return from.s32();
    case 0x42: // i64.const
    case 0xd0: // ref.null
      from.skipNumber();
      return 0;
    case 0x43: // f32.const
      from.skip(4);
      return 0;
    case 0x44: // f64.const
      from.skip(8);
      return 0;
  }
  if (opcode >= 0x28 && opcode <= 0x3e) return memoryArgument(from);
  // throw and catch, br, call, locals, globals, tables, memory.size and grow, ref.func: one index
  const oneIndex =
    (opcode >= 0x07 && opcode <= 0x09) ||
    opcode === 0x0c ||
    opcode === 0x0d ||
    opcode === 0x10 ||
    opcode === 0x12 ||
    opcode === 0x14 ||
    opcode === 0x15 ||
    opcode === 0x18 ||
    (opcode >= 0x20 && opcode <= 0x26) ||
    opcode === 0x3f ||
    opcode === MEMORY_GROW ||
    opcode === 0xd2 ||
    opcode === 0xd5 ||
    opcode === 0xd6;
  if (!oneIndex) throw from.unknown(`the instruction ${opcode.toString(16)}`);
  return from.u32();
}

// Saturating conversions, memory and table operations.
function bulk(number: number, from: ByteReader): number {
  if (number <= 7) return 0;
  if (number > 17) throw from.unknown(`the instruction fc ${number}`);
  const first = from.u32();
  if (number === 8 || number === 10 || number === 12 || number === 14) from.u32();
  return first;
}

function vector(number: number, from: ByteReader): number {
  if (number > 0x114) throw from.unknown(`the instruction fd ${number}`);
  if (number <= 11 || number === 92 || number === 93) return memoryArgument(from);
  if (number === 12 || number === 13) from.skip(16);
  else if (number >= 21 && number <= 34) from.skip(1);
  else if (number >= 84 && number <= 91) {
    memoryArgument(from);
    from.skip(1);
  }
  return 0;
}

function atomic(number: number, from: ByteReader): number {
  if (number > 0x4e) throw from.unknown(`the instruction fe ${number}`);
  if (number === 3)
    from.skip(1); // fence
  else memoryArgument(from);
  return 0;
}

function memoryArgument(from: ByteReader): number {
  if (from.u32() & 64) from.u32(); // a memory other than the first
  from.skipNumber();
  return 0;
}

// A value type, no type, or the index of one.
function skipBlockType(from: ByteReader): number {
  const code = from.bytes[from.at];
  if (code === 0x63 || code === 0x64) skipValueType(from);
  else from.skipNumber();
  return 0;
}

function skipValueType(from: ByteReader): void {
  const code = from.byte();
  if (code === 0x63 || code === 0x64)
    from.skipNumber(); // a reference to a type of its own
  else if (code < 0x69 || code > 0x7f) throw from.unknown(`a value of type 0x${code.toString(16)}`);
}
