// Where TypeScript looks for the types of an imported `./filters.cpp`, under allowArbitraryExtensions.
import { basename, extname } from 'node:path';
import type { Built } from './api.js';
import { emitTypes } from './emit.js';

/** The path of the types of a source: filters.d.cpp.ts. */
export function typesFile(source: string): string {
  const extension = extname(source);
  return `${source.slice(0, source.length - extension.length)}.d${extension}.ts`;
}

/** What stands in it, whoever writes it. */
export function typesText(built: Pick<Built, 'description' | 'docs'>, source: string): string {
  return emitTypes(built, basename(source));
}
