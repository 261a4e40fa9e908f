import { ArenaError, nearest, show } from './errors.js';

// Float16Array where the engine's library declares it; elsewhere there is no such view.
type Float16View = typeof globalThis extends { Float16Array: { prototype: infer A } } ? A : never;

/** The TypedArray of each element type. `u8c` is clamped, so that a block can be an ImageData. */
export interface ViewTypes {
  i8: Int8Array<ArrayBuffer>;
  u8: Uint8Array<ArrayBuffer>;
  u8c: Uint8ClampedArray<ArrayBuffer>;
  i16: Int16Array<ArrayBuffer>;
  u16: Uint16Array<ArrayBuffer>;
  i32: Int32Array<ArrayBuffer>;
  u32: Uint32Array<ArrayBuffer>;
  i64: BigInt64Array<ArrayBuffer>;
  u64: BigUint64Array<ArrayBuffer>;
  f16: Float16View;
  f32: Float32Array<ArrayBuffer>;
  f64: Float64Array<ArrayBuffer>;
}

/** An element type, by its name. */
export type ElementType = keyof ViewTypes;

/** A block as an ordinary TypedArray, with the address (in bytes) of its first element as `ptr`. */
export type View<T extends ElementType = ElementType> = ViewTypes[T] & { readonly ptr: number };

/** What a block can be filled from: bigints for `i64` and `u64`, numbers for the others. */
export type ElementData<T extends ElementType> = ArrayLike<T extends 'i64' | 'u64' ? bigint : number>;

/**
 * Any view, with what the registry keeps on it: see the tag in cache.ts.
 * @internal
 */
export type TaggedView = (ViewTypes['f32'] | ViewTypes['u64']) & { ptr: number; tag: number };

type ViewConstructor = {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayBufferView;
};

/** @internal */
export interface Element {
  readonly name: ElementType;
  /** The low bits of a view's tag, 1..15. `u8` and `u8c` share theirs: C++ sees the same bytes. */
  readonly kind: number;
  readonly bytes: number;
  /** Elements are bigints. */
  readonly wide: boolean;
  /** Undefined where the engine has no such array. */
  readonly array: ViewConstructor | undefined;
}

/**
 * The index of a type is its code in slots and generated allocators.
 * @internal
 */
export const ELEMENTS: readonly Element[] = /* @__PURE__ */ listElements();

function listElements(): readonly Element[] {
  const float16 = (globalThis as { Float16Array?: ViewConstructor }).Float16Array;
  return [
    { name: 'i8', kind: 1, bytes: 1, wide: false, array: Int8Array },
    { name: 'u8', kind: 2, bytes: 1, wide: false, array: Uint8Array },
    { name: 'i16', kind: 3, bytes: 2, wide: false, array: Int16Array },
    { name: 'u16', kind: 4, bytes: 2, wide: false, array: Uint16Array },
    { name: 'i32', kind: 5, bytes: 4, wide: false, array: Int32Array },
    { name: 'u32', kind: 6, bytes: 4, wide: false, array: Uint32Array },
    { name: 'i64', kind: 7, bytes: 8, wide: true, array: BigInt64Array },
    { name: 'u64', kind: 8, bytes: 8, wide: true, array: BigUint64Array },
    { name: 'f16', kind: 9, bytes: 2, wide: false, array: float16 },
    { name: 'f32', kind: 10, bytes: 4, wide: false, array: Float32Array },
    { name: 'f64', kind: 11, bytes: 8, wide: false, array: Float64Array },
    { name: 'u8c', kind: 2, bytes: 1, wide: false, array: Uint8ClampedArray },
  ];
}

/**
 * The code of a type by its name; throws ERR_INVALID_TYPE.
 * @internal
 */
export function elementCode(type: unknown): number {
  const code = ELEMENTS.findIndex(({ name }) => name === type);
  if (code >= 0) return code;
  const names = ELEMENTS.map(({ name }) => name);
  const near = typeof type === 'string' ? nearest(type, names) : undefined;
  throw new ArenaError(
    'ERR_INVALID_TYPE',
    `unknown element type ${show(type)}: expected one of ${names.join(', ')}${near ? `; did you mean '${near}'?` : ''}`,
  );
}

/**
 * The element type of any TypedArray; undefined for a DataView and for what is no view.
 * @internal
 */
export function elementOf(value: unknown): Element | undefined {
  if (!ArrayBuffer.isView(value)) return undefined;
  return ELEMENTS.find(({ array }) => array !== undefined && value instanceof array);
}
