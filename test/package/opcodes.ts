// Walks the code of a wasm module, instruction by instruction.

/** Calls `visit` with the opcode of every instruction: prefixed ones as prefix << 16 | number. */
export function visitInstructions(wasm: Uint8Array, visit: (opcode: number) => void): void {
  let at = 8; // after the magic and the version
  const byte = () => wasm[at++] as number;
  const integer = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const next = byte();
      if (shift < 32) value |= (next & 127) << shift;
      if (next < 128) return value >>> 0;
    }
  };
  const skip = { bytes: (count: number) => (at += count), integers: (count: number) => repeat(count, integer) };
  const repeat = (count: number, action: () => void) => {
    for (let i = 0; i < count; i++) action();
  };

  const instruction = () => {
    const opcode = byte();
    if (opcode === 0xfc || opcode === 0xfd || opcode === 0xfe) {
      const number = integer();
      visit((opcode << 16) | number);
      if (opcode === 0xfc) {
        if (number > 17) throw new Error(`unknown instruction fc ${number}`);
        skip.integers([8, 10, 12, 14].includes(number) ? 2 : number > 7 ? 1 : 0);
      } else if (opcode === 0xfd) {
        if (number < 12 || number === 92 || number === 93) skip.integers(2);
        else if (number === 12 || number === 13) skip.bytes(16);
        else if (number >= 21 && number <= 34) skip.bytes(1);
        else if (number >= 84 && number <= 91) {
          skip.integers(2);
          skip.bytes(1);
        }
      } else if (number === 3) skip.bytes(1);
      else skip.integers(2);
      return;
    }
    visit(opcode);
    if (opcode >= 0x02 && opcode <= 0x04) skip.integers(1);
    else if (opcode === 0x0c || opcode === 0x0d || opcode === 0x10 || opcode === 0x12) skip.integers(1);
    else if (opcode === 0x0e) skip.integers(integer() + 1);
    else if (opcode === 0x11 || opcode === 0x13) skip.integers(2);
    else if (opcode === 0x1c) skip.integers(integer());
    else if (opcode >= 0x20 && opcode <= 0x26) skip.integers(1);
    else if (opcode >= 0x28 && opcode <= 0x3e) skip.integers(2);
    else if (opcode >= 0x3f && opcode <= 0x42) skip.integers(1);
    else if (opcode === 0x43) skip.bytes(4);
    else if (opcode === 0x44) skip.bytes(8);
    else if (opcode === 0xd0 || opcode === 0xd2) skip.integers(1);
    else if (opcode > 0xd2 || (opcode > 0x11 && opcode < 0x1a)) throw new Error(`unknown instruction ${opcode}`);
  };

  while (at < wasm.length) {
    const section = byte();
    const size = integer();
    const end = at + size;
    if (section === 10) {
      repeat(integer(), () => {
        const bodySize = integer();
        const bodyEnd = at + bodySize;
        repeat(integer(), () => skip.integers(2)); // locals
        while (at < bodyEnd) instruction();
        if (at !== bodyEnd) throw new Error('lost the thread: an instruction passes the end of its function');
      });
    }
    at = end;
  }
}
