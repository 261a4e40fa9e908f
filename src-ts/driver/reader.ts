// Reads the numbers, names and lists of a wasm binary within bounds.

/** Bytes that are not the wasm they should be; the message continues "x.wasm: ". */
export class WasmError extends Error {
  override name = 'WasmError';
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** A place in `bytes` that moves towards `end` and never past it. */
export class ByteReader {
  constructor(
    readonly bytes: Uint8Array,
    public at = 0,
    readonly end = bytes.length,
  ) {}

  get left(): number {
    return this.end - this.at;
  }

  byte(): number {
    if (this.at >= this.end) throw this.#short('another byte');
    return this.bytes[this.at++] as number;
  }

  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128 && value < 2 ** 32) return value;
    }
    throw new WasmError(`the number that ends at byte ${this.at} has more than 32 bits`);
  }

  s32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return shift < 28 && byte & 64 ? value | (-1 << (shift + 7)) : value;
    }
    throw new WasmError(`the number that ends at byte ${this.at} has more than 32 bits`);
  }

  /** Passes over a number of up to 64 bits. */
  skipNumber(): void {
    for (let count = 0; count < 10; count++) {
      if (this.byte() < 128) return;
    }
    throw new WasmError(`the number that ends at byte ${this.at} has more than 64 bits`);
  }

  skip(count: number): void {
    this.part(count, `${count} bytes`);
  }

  /** A reader of the next `size` bytes, over which this one passes. */
  part(size: number, what: string): ByteReader {
    if (size > this.left) throw this.#short(`${what} of ${size} bytes`);
    this.at += size;
    return new ByteReader(this.bytes, this.at - size, this.at);
  }

  /** All that is left. */
  rest(): Uint8Array {
    const from = this.at;
    this.at = this.end;
    return this.bytes.subarray(from, this.end);
  }

  name(): string {
    const part = this.part(this.u32(), 'a name');
    try {
      return decoder.decode(part.rest());
    } catch {
      throw new WasmError(`the name that ends at byte ${this.at} is not UTF-8`);
    }
  }

  /** Reads a list: its length, then each entry. */
  entries(read: () => unknown): void {
    for (let left = this.u32(); left > 0; left--) read();
  }

  unknown(what: string): WasmError {
    return new WasmError(`${what} before byte ${this.at} is not understood: damaged, or newer than this reader`);
  }

  #short(what: string): WasmError {
    const end = this.end === this.bytes.length ? 'the file' : 'its section or function';
    return new WasmError(
      `${what} is expected at byte ${this.at}, but ${end} ends at byte ${this.end}: cut off or damaged`,
    );
  }
}
