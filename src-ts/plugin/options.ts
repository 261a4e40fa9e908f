// What the plugin takes, the same in every bundler.
import type { BuildOptions } from '../driver/api.js';
import { nearest, show } from '../show.js';

/** Options of the plugin; those of the compiler are as in `arena-bind build`. */
export interface Options
  extends Pick<
    BuildOptions,
    | 'toolchain'
    | 'threads'
    | 'simd'
    | 'debug'
    | 'size'
    | 'capacity'
    | 'include'
    | 'define'
    | 'flags'
    | 'prebuilt'
    | 'cache'
  > {
  /** More sources of a module, by the path of the file that is imported: `{ 'src/filters.cpp': ['src/more.c'] }`. */
  sources?: { readonly [imported: string]: readonly string[] };
  /** Modules of fewer bytes go into the JavaScript; 4096 when left out, in Vite its `build.assetsInlineLimit`. */
  inlineLimit?: number;
  /** Writes the types of filters.cpp beside it as filters.d.cpp.ts; on when left out. */
  types?: boolean;
  /** Which imported files are kernel modules, by their path; .cpp, .cc and .cxx when left out. */
  files?: RegExp;
}

const text = 'a string';
const flag = 'a boolean';
const list = 'an array of strings';
const EXPECTED: { readonly [name in keyof Required<Options>]: string } = {
  toolchain: text,
  threads: flag,
  simd: flag,
  debug: flag,
  size: flag,
  capacity: 'a number',
  include: list,
  define: list,
  flags: list,
  prebuilt: flag,
  cache: 'the path of a folder, or false',
  sources: "an object such as { 'src/filters.cpp': ['src/more.c'] }",
  inlineLimit: 'a number of bytes',
  types: flag,
  files: 'a regular expression',
};

const isList = (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string');

const fits: { readonly [expected: string]: (value: unknown) => boolean } = {
  [text]: (value) => typeof value === 'string',
  [flag]: (value) => typeof value === 'boolean',
  [list]: isList,
  [EXPECTED.capacity]: (value) => typeof value === 'number',
  [EXPECTED.cache]: (value) => typeof value === 'string' || value === false,
  [EXPECTED.sources]: (value) => typeof value === 'object' && value !== null && Object.values(value).every(isList),
  [EXPECTED.inlineLimit]: (value) => typeof value === 'number' && value >= 0,
  [EXPECTED.files]: (value) => value instanceof RegExp,
};

/**
 * Throws on what is no option, or has a value that it can't have.
 * @internal
 */
export function checkOptions(options: Options): void {
  for (const [name, value] of Object.entries(options)) {
    const expected = Object.hasOwn(EXPECTED, name) ? EXPECTED[name as keyof Options] : undefined;
    if (expected === undefined) {
      const near = nearest(name, Object.keys(EXPECTED));
      const known = near ? `did you mean ${near}?` : `there are ${Object.keys(EXPECTED).join(', ')}`;
      throw new TypeError(`arena-bind: the plugin has no option ${show(name)}: ${known}`);
    }
    if (value !== undefined && !fits[expected]?.(value)) {
      throw new TypeError(`arena-bind: the plugin's option ${name} is ${show(value)}: expected ${expected}`);
    }
  }
}
