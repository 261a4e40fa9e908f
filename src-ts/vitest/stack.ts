// Puts the function that allocates on top of an error's stack, so that Vitest shows its source.
import type { Site } from './heap.js';

// As much of V8's CallSite as source maps are applied to.
class Frame {
  constructor(private readonly site: Site) {}
  getFileName(): string {
    return this.site.url;
  }
  getScriptNameOrSourceURL(): string {
    return this.site.url;
  }
  getLineNumber(): number {
    return this.site.line;
  }
  getColumnNumber(): number {
    return this.site.column;
  }
  getFunctionName(): string {
    return this.site.name || 'frame';
  }
  getTypeName(): null {
    return null;
  }
  getMethodName(): null {
    return null;
  }
  getThis(): undefined {}
  getFunction(): undefined {}
  getEvalOrigin(): undefined {}
  getPromiseIndex(): null {
    return null;
  }
  isToplevel(): boolean {
    return true;
  }
  isEval(): boolean {
    return false;
  }
  isNative(): boolean {
    return false;
  }
  isConstructor(): boolean {
    return false;
  }
  isAsync(): boolean {
    return false;
  }
  isPromiseAll(): boolean {
    return false;
  }
  toString(): string {
    return `${this.getFunctionName()} (${this.site.url}:${this.site.line}:${this.site.column})`;
  }
}

/** The stack stays as it is where nothing maps positions: they would be those of compiled code. */
export function leadTo(site: Site, error: Error): void {
  const { prepareStackTrace } = Error as unknown as {
    prepareStackTrace?(error: Error, frames: Frame[]): unknown;
  };
  const { stack } = error; // captured before: preparing is lazy
  if (prepareStackTrace === undefined || stack === undefined) return;
  try {
    const prepared = String(prepareStackTrace(new Error(''), [new Frame(site)]));
    const line = prepared.split('\n').find((text) => /^ {4}at /.test(text));
    if (line) error.stack = stack.replace(/^ {4}at /m, () => `${line}\n    at `);
  } catch {
    // another reader of stacks, which asks frames for more
  }
}
