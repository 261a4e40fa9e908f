// Arrays of structs and columns. A generated module brings the layouts and one literal cursor class per struct, so that
// each field's accessors have an element type of their own.

import { ELEMENTS, elementOf } from './elements.js';
import { ArenaError } from './errors.js';
import type { StructArray, StructFactory, StructHost, Structs } from './kernel-module.js';
import type { AllocOptions } from './registry.js';
import { choices, show } from './show.js';
import type { KernelParameter } from './signature.js';

/** A cursor holds the address of its element under a name that no C++ field can have. */
interface Cursor {
  '@': number;
  [field: string]: unknown;
}

/** What a generated module says about a struct. */
export interface Layout {
  /** Name and type of each field. */
  readonly fields: readonly (readonly [name: string, type: string])[];
  /** Bytes. */
  readonly size: number;
  readonly align: number;
  /** The class of its cursors over a memory. */
  readonly cursor: (buffer: ArrayBufferLike) => new () => Cursor;
}

const ELEMENT_NAMES: ReadonlySet<string> = new Set(ELEMENTS.map(({ name }) => name));
const U8_KIND = ELEMENTS.find(({ name }) => name === 'u8')?.kind as number;
const LEAST_ALIGNMENT = 8;
const MOST_CURSORS = 8;

interface Struct extends Layout {
  readonly name: string;
  readonly host: StructHost;
  readonly Cursor: new () => Cursor;
}

type Bytes = Uint8Array & { ptr: number; tag?: number };

class Elements implements StructArray {
  private readonly cursors: Cursor[];

  constructor(
    /** By which callers know the type. */
    readonly struct: Struct,
    readonly bytes: Bytes,
    readonly length: number,
  ) {
    this.cursors = [new struct.Cursor()];
  }

  get ptr(): number {
    return this.bytes.ptr ?? this.bytes.byteOffset;
  }

  at(index: number, which = 0): any {
    const { bytes, struct } = this;
    if (!(index >= 0 && index < this.length) || index !== Math.floor(index)) throw this.outside(index);
    if (bytes.tag === undefined || !struct.host.cache.lives(bytes.tag, U8_KIND)) this.assertLive('at()');
    const cursor = this.cursors[which] ?? this.another(which);
    cursor['@'] = this.ptr + index * struct.size;
    return cursor;
  }

  subarray(begin = 0, end: number = this.length): StructArray {
    const { size } = this.struct;
    const from = within(begin, this.length);
    const to = Math.max(within(end, this.length), from);
    return new Elements(this.struct, this.bytes.subarray(from * size, to * size) as Bytes, to - from);
  }

  set(data: ArrayLike<any>, offset = 0): void {
    checkData(this.struct, data);
    if (!(Number.isInteger(offset) && offset >= 0 && offset + data.length <= this.length)) {
      throw new ArenaError(
        'ERR_INVALID_ARGUMENT',
        `set(): ${data.length} elements from ${show(offset)} on don't fit into an array of ${this.length} ` +
          `${this.struct.name}: expected them to end at ${this.length} or before`,
      );
    }
    for (let i = 0; i < data.length; i++) {
      const value = data[i];
      const cursor = this.at(offset + i);
      for (const [name] of this.struct.fields) if (value[name] !== undefined) cursor[name] = value[name];
    }
  }

  toObjects(): any[] {
    return Array.from({ length: this.length }, (_, i) => {
      const cursor = this.at(i);
      return Object.fromEntries(this.struct.fields.map(([name]) => [name, cursor[name]]));
    });
  }

  assertLive(where: string): void {
    const { host, name } = this.struct;
    host.cache.assertUsable();
    host.cache.assertLive(`${where}: the array of ${name}`, this.bytes, name);
  }

  private another(which: number): Cursor {
    if (!(which > 0 && which < MOST_CURSORS && which === Math.floor(which))) {
      throw new ArenaError(
        'ERR_INVALID_ARGUMENT',
        `at(): the cursor ${show(which)} came: expected 0 to ${MOST_CURSORS - 1}`,
      );
    }
    while (this.cursors.length <= which) this.cursors.push(new this.struct.Cursor());
    return this.cursors[which] as Cursor;
  }

  private outside(index: unknown): ArenaError {
    const there = this.length === 0 ? 'the array is empty' : `expected an element from 0 to ${this.length - 1}`;
    return new ArenaError('ERR_INVALID_ARGUMENT', `at(${show(index)}) of an array of ${this.struct.name}: ${there}`);
  }
}

// Before anything is allocated or written.
function checkData({ name: struct, fields }: { name: string } & Layout, data: ArrayLike<any>): void {
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (typeof value !== 'object' || value === null) {
      throw new ArenaError(
        'ERR_INVALID_TYPE',
        `element ${i} of the data is ${show(value)}: an array of ${struct} is filled from objects with its fields`,
      );
    }
    for (const [name, type] of fields) {
      const wanted = type === 'bool' ? 'boolean' : /^[iu]64$/.test(type) ? 'bigint' : 'number';
      if (value[name] === undefined || typeof value[name] === wanted) continue;
      throw new ArenaError(
        'ERR_INVALID_TYPE',
        `${name} of element ${i} of the data is ${show(value[name])}: the field takes a ${wanted}`,
      );
    }
  }
}

const within = (index: number, length: number): number =>
  Math.min(Math.max(Math.trunc(index < 0 ? index + length : index), 0), length);

/** What a generated module passes on as `structs`. */
export function defineStructs(layouts: { readonly [name: string]: Layout }): StructFactory {
  return (host) => new RegistryStructs(layouts, host);
}

class RegistryStructs implements Structs {
  private readonly byName = new Map<string, Struct>();
  // The same view is the same array in every frame.
  private readonly arrays = new Map<string, WeakMap<Bytes, Elements>>();
  private readonly columnSets = new Map<string, WeakMap<object, { [field: string]: any }>>();

  constructor(
    layouts: { readonly [name: string]: Layout },
    private readonly host: StructHost,
  ) {
    for (const [name, layout] of Object.entries(layouts)) {
      this.byName.set(name, { ...layout, name, host, Cursor: layout.cursor(host.cache.buffer) });
      this.arrays.set(name, new WeakMap());
      this.columnSets.set(name, new WeakMap());
    }
  }

  /** For callers, which compare the struct of an array. */
  get(name: string): Struct | undefined {
    return this.byName.get(name);
  }

  alloc(type: string, source: unknown, options: AllocOptions | undefined, persistent: boolean): Elements | undefined {
    const struct = this.byName.get(type);
    if (struct === undefined) {
      if (ELEMENT_NAMES.has(type)) return undefined; // in every frame, so without a closure
      const known = [...this.byName.keys(), ...ELEMENT_NAMES];
      throw new ArenaError(
        'ERR_INVALID_TYPE',
        `${show(type)} is no struct and no element type: ${choices(type, known)}`,
      );
    }
    const data = typeof source === 'object' && source !== null ? (source as ArrayLike<unknown>) : undefined;
    const length = (data === undefined ? source : data.length) as number;
    checkLength(type, length, source);
    if (data !== undefined) checkData(struct, data as ArrayLike<any>);
    const least = Math.max(struct.align, LEAST_ALIGNMENT);
    const align = options?.align === undefined ? least : Math.max(options.align, least);
    const placement = options === undefined && align === LEAST_ALIGNMENT ? undefined : { ...options, align };
    const bytes = this.host.place('u8', length * struct.size, placement, persistent) as Bytes;
    const known = this.arrays.get(type) as WeakMap<Bytes, Elements>;
    let array = known.get(bytes);
    if (array === undefined) {
      array = new Elements(struct, bytes, length);
      known.set(bytes, array);
    }
    if (data !== undefined) array.set(data);
    return array;
  }

  columns(type: string, length: number, persistent: boolean): { [field: string]: any } {
    const struct = this.byName.get(type);
    if (struct === undefined) {
      throw new ArenaError(
        'ERR_INVALID_TYPE',
        `the module has no struct ${show(type)}: ${choices(type, this.byName.keys())}`,
      );
    }
    checkLength(type, length, length);
    const [[firstName, firstType]] = struct.fields as [readonly [string, string]];
    const first = this.host.place(columnType(firstType), length, undefined, persistent);
    const known = this.columnSets.get(type) as WeakMap<object, { [field: string]: any }>;
    let set = known.get(first);
    if (set === undefined) {
      set = {};
      known.set(first, set);
    }
    set[firstName] = first;
    for (let i = 1; i < struct.fields.length; i++) {
      const [name, field] = struct.fields[i] as readonly [string, string];
      set[name] = this.host.place(columnType(field), length, undefined, persistent);
    }
    return set;
  }

  resolve(where: string, { type }: KernelParameter, value: any, slots: unknown[]): void {
    const { name, columns } = namesOf(type);
    const struct = this.byName.get(name) as Struct;
    if (!columns) {
      if (!(value instanceof Elements) || value.struct.name !== name) {
        const what = value instanceof Elements ? `an array of ${value.struct.name}` : show(value);
        throw new ArenaError(
          'ERR_INVALID_TYPE',
          `${where} is ${what}: expected an array of ${name}; make one with registry.alloc('${name}', length)`,
        );
      }
      if (value.struct !== struct) {
        throw new ArenaError('ERR_FOREIGN_VIEW', `${where} is an array of ${name} of another registry: copy it over`);
      }
      value.assertLive(where);
      slots.push(value.ptr, value.length);
      return;
    }
    let length = -1;
    for (const [field, fieldType] of struct.fields) {
      const wanted = columnType(fieldType);
      const view = value?.[field];
      if (!ArrayBuffer.isView(view) || elementOf(view)?.kind !== kindOf(wanted)) {
        const what = view === undefined ? 'missing' : show(view);
        throw new ArenaError(
          'ERR_INVALID_TYPE',
          `${where}.${field} is ${what}: expected a view of ${wanted}; registry.columns('${name}', length) makes all of ` +
            `${struct.fields.map(([each]) => each).join(', ')}`,
        );
      }
      this.host.cache.assertLive(`${where}.${field}`, view, wanted);
      const elements = (view as unknown as { length: number }).length;
      if (length < 0) length = elements;
      if (elements !== length) {
        throw new ArenaError(
          'ERR_INVALID_LENGTH',
          `${where}.${field} has ${elements} elements: expected ${length}, as many as ${where}.${struct.fields[0]?.[0]}`,
        );
      }
      slots.push(view.byteOffset, elements);
    }
  }
}

const kindOf = (type: string): number | undefined => ELEMENTS.find(({ name }) => name === type)?.kind;

const columnType = (type: string): string => (type === 'bool' ? 'u8' : type);

/** Of the type of a parameter as it stands in a signature. */
function namesOf(type: string): { name: string; columns: boolean } {
  return { name: type.slice(0, type.indexOf('{')), columns: type.endsWith('{}') };
}

function checkLength(type: string, length: unknown, came: unknown): void {
  if (typeof length === 'number' && Number.isInteger(length) && length >= 0) return;
  throw new ArenaError(
    'ERR_INVALID_LENGTH',
    `${show(came)} as the length of an array of ${type}: expected a whole number of elements from 0, or their data`,
  );
}
