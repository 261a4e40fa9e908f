// Small wasm modules, made and changed byte by byte.

/** A module of the sections given. */
export const moduleOf = (...sections: number[][]) =>
  new Uint8Array([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]);

export const section = (id: number, ...content: number[]) => [id, content.length, ...content];

export const text = (value: string) => [value.length, ...new TextEncoder().encode(value)];

/** A section with one import, described by its kind and type as they stand in the format. */
export const importOf = (module: string, name: string, ...description: number[]) =>
  section(2, 1, ...text(module), ...text(name), ...description);

/** Section 1 with the type `() -> i32`. */
export const CONSTANT_TYPE = section(1, 1, 0x60, 0, 1, 0x7f);

/** Reads a module's numbers and walks over its sections. */
class Reader {
  at = 8;
  constructor(readonly bytes: Uint8Array) {}

  byte(): number {
    return this.bytes[this.at++] as number;
  }

  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  }

  name(): string {
    const length = this.number();
    this.at += length;
    return new TextDecoder().decode(this.bytes.subarray(this.at - length, this.at));
  }

  /** Goes to the content of a section. */
  section(id: number): void {
    this.at = 8;
    for (;;) {
      const found = this.byte();
      const size = this.number();
      if (found === id) return;
      this.at += size;
    }
  }
}

/** Where the content of a section starts. */
export function startOf(module: Uint8Array, id: number): number {
  const reader = new Reader(module);
  reader.section(id);
  return reader.at;
}

/** A copy of a module, which imports no functions, where the exported function `name`, a constant, returns another. */
export function withConstant(module: Uint8Array, name: string, value: number): Uint8Array<ArrayBuffer> {
  const reader = new Reader(new Uint8Array(module));
  reader.section(7);
  let index = -1;
  for (let left = reader.number(); left > 0; left--) {
    const found = reader.name();
    const kind = reader.byte();
    const target = reader.number();
    if (found === name && kind === 0) index = target;
  }
  reader.section(10);
  for (let left = reader.number(), i = 0; left > 0; left--, i++) {
    const size = reader.number();
    if (i === index) {
      // no locals, i32.const, the constant, end
      const body = [...reader.bytes.subarray(reader.at, reader.at + size)];
      if (size !== 4 || body[0] !== 0 || body[1] !== 0x41 || body[3] !== 0x0b)
        throw new Error(`${name} is no constant`);
      reader.bytes[reader.at + 2] = value;
      return reader.bytes as Uint8Array<ArrayBuffer>;
    }
    reader.at += size;
  }
  throw new Error(`no function ${name}`);
}
