// The wasm that a plan runs: kernel calls one after another, each with its slots as constants, as bytes of a module.

/** How a scalar travels and lies in memory. */
interface Scalar {
  /** Its type in wasm. */
  readonly type: number;
  readonly load: number;
  readonly store: number;
}

const I32 = 0x7f;
const I64 = 0x7e;
const F32 = 0x7d;
const F64 = 0x7c;

const SCALARS: { readonly [type: string]: Scalar } = {
  bool: { type: I32, load: 0x2d, store: 0x3a },
  i8: { type: I32, load: 0x2c, store: 0x3a },
  u8: { type: I32, load: 0x2d, store: 0x3a },
  i16: { type: I32, load: 0x2e, store: 0x3b },
  u16: { type: I32, load: 0x2f, store: 0x3b },
  i32: { type: I32, load: 0x28, store: 0x36 },
  u32: { type: I32, load: 0x28, store: 0x36 },
  i64: { type: I64, load: 0x29, store: 0x37 },
  u64: { type: I64, load: 0x29, store: 0x37 },
  f32: { type: F32, load: 0x2a, store: 0x38 },
  f64: { type: F64, load: 0x2b, store: 0x39 },
};

/** One slot of a kernel's export: a number that stays, or a scalar that is read at this address by every replay. */
export type ReplaySlot = number | { readonly type: string; readonly address: number };

export interface ReplayCall {
  readonly run: (...slots: any[]) => unknown;
  readonly slots: readonly ReplaySlot[];
  /** Of the export: a scalar's type, `void`, or `tuple` for the address of a struct. */
  readonly returns: string;
  /** Where the result goes: all of it, or fields of the tuple. */
  readonly stores: readonly { readonly type: string; readonly address: number; readonly offset: number }[];
}

export interface Replay {
  /** Makes all calls. */
  readonly run: () => void;
  /** Index of the call that is under way; -1 when none is. */
  readonly at: { readonly value: number };
}

/** Compiled at once, as an AudioWorklet must; the memory may be shared. */
export function compileReplay(calls: readonly ReplayCall[], memory: WebAssembly.Memory): Replay {
  const { bytes, kernels } = write(calls, isShared(memory));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory }, kernels });
  return instance.exports as unknown as Replay;
}

const isShared = ({ buffer }: WebAssembly.Memory): boolean =>
  Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]';

const FUNCTION = 0x60;
const MOST_PAGES = 65536;
const NOT_SHARED = [0, 0];
const SHARED = [3, 0, ...unsigned(MOST_PAGES)];
const TUPLE = 0; // the local that holds its address

function write(calls: readonly ReplayCall[], shared: boolean): { bytes: Uint8Array<ArrayBuffer>; kernels: any } {
  const types = new Table<readonly number[]>((type) => type.join());
  const kernels = new Table<ReplayCall>(({ run }) => run);
  const run = types.add([FUNCTION, 0, 0]);
  const body: number[] = [];
  const imports: number[][] = [];
  for (const [i, call] of calls.entries()) {
    const { slots, returns, stores } = call;
    const kernel = kernels.add(call);
    if (kernel === imports.length) {
      const results = returns === 'void' ? [] : [SCALARS[returns]?.type ?? I32];
      const type = types.add([
        FUNCTION,
        ...list(slots.map((slot) => [typeOf(slot)])),
        ...list(results.map((one) => [one])),
      ]);
      imports.push([...name('kernels'), ...name(`${kernel}`), 0, ...unsigned(type)]);
    }
    body.push(...constant(i), 0x24, 0); // global.set
    const [whole] = returns === 'tuple' ? [] : stores;
    if (whole !== undefined) body.push(...constant(whole.address));
    for (const slot of slots) body.push(...(typeof slot === 'number' ? constant(slot) : load(slot)));
    body.push(0x10, ...unsigned(kernel)); // call
    if (whole !== undefined) body.push(...access((SCALARS[whole.type] as Scalar).store));
    else if (stores.length > 0)
      body.push(0x21, TUPLE); // local.set
    else if (returns !== 'void') body.push(0x1a); // drop
    if (whole !== undefined) continue;
    for (const { type, address, offset } of stores) {
      const { load, store } = SCALARS[type] as Scalar;
      body.push(...constant(address), 0x20, TUPLE, ...access(load, offset), ...access(store)); // local.get
    }
  }
  body.push(...constant(-1), 0x24, 0);
  const code = [...list([[1, I32]]), ...body, 0x0b];
  const bytes = [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      types.values.map((type) => [...type]),
    ),
    ...section(2, [[...name('env'), ...name('memory'), 2, ...(shared ? SHARED : NOT_SHARED)], ...imports]),
    ...section(3, [unsigned(run)]),
    ...section(6, [[I32, 1, ...constant(-1), 0x0b]]),
    ...section(7, [
      [...name('run'), 0, ...unsigned(imports.length)],
      [...name('at'), 3, 0],
    ]),
    ...section(10, [[...unsigned(code.length), ...code]]),
  ];
  return { bytes: Uint8Array.from(bytes), kernels: kernels.values.map(({ run }) => run) };
}

/** Values in the order in which they came first. */
class Table<T> {
  readonly values: T[] = [];
  private readonly known = new Map<unknown, number>();

  constructor(private readonly keyOf: (value: T) => unknown) {}

  add(value: T): number {
    const key = this.keyOf(value);
    let index = this.known.get(key);
    if (index === undefined) {
      index = this.values.push(value) - 1;
      this.known.set(key, index);
    }
    return index;
  }
}

const typeOf = (slot: ReplaySlot): number => (typeof slot === 'number' ? I32 : (SCALARS[slot.type] as Scalar).type);

function load({ type, address }: { type: string; address: number }): number[] {
  const code = [...constant(address), ...access((SCALARS[type] as Scalar).load)];
  // C++ relies on a bool being 0 or 1; users write what they like into a view of bytes.
  return type === 'bool' ? [...code, 0x45, 0x45] : code;
}

const access = (opcode: number, offset = 0): number[] => [opcode, 0, ...unsigned(offset)];

// i32.const: addresses from 2 GiB on are negative.
function constant(value: number): number[] {
  const bytes = [0x41];
  for (let rest = value | 0; ; rest >>= 7) {
    const low = rest & 0x7f;
    if (rest >> 6 === 0 || rest >> 6 === -1) {
      bytes.push(low);
      return bytes;
    }
    bytes.push(low | 0x80);
  }
}

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) {
      bytes.push(rest);
      return bytes;
    }
    bytes.push((rest & 0x7f) | 0x80);
  }
}

const list = (entries: readonly (readonly number[])[]): number[] => [...unsigned(entries.length), ...entries.flat()];

const name = (text: string): number[] => list([...text].map((letter) => [letter.charCodeAt(0)]));

function section(id: number, entries: readonly (readonly number[])[]): number[] {
  const content = list(entries);
  return [id, ...unsigned(content.length), ...content];
}
