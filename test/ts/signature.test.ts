// The line in which a wasm describes a kernel.
import { expect, test } from 'vitest';
import { Registry } from '../../src-ts/index.ts';
import { parseSignature } from '../../src-ts/signature.ts';
import { expectError, wasm } from './helpers.ts';

test('every kind of parameter and result is understood', () => {
  expect(parseSignature('arena:2:f():void')).toEqual({
    name: 'f',
    signature: 'f():void',
    parameters: [],
    returns: 'void',
  });
  const { parameters, returns } = parseSignature(
    'arena:2:g_2(in:const u8[],out:f64[],text:string,on:bool,n:u64):[low:f32@0,on:bool@4]',
  );
  expect(parameters).toEqual([
    { name: 'in', type: 'u8', span: true, readonly: true },
    { name: 'out', type: 'f64', span: true, readonly: false },
    { name: 'text', type: 'string', span: false, readonly: false },
    { name: 'on', type: 'bool', span: false, readonly: false },
    { name: 'n', type: 'u64', span: false, readonly: false },
  ]);
  expect(returns).toEqual([
    { name: 'low', type: 'f32', offset: 0 },
    { name: 'on', type: 'bool', offset: 4 },
  ]);
});

test('structs keep their layout as it stands', () => {
  const { parameters } = parseSignature('arena:2:step(p:const P{x f32 0;on bool 4;8 4}[],c:P{x f32 0;4 4}{}):void');
  expect(parameters).toEqual([
    { name: 'p', type: 'P{x f32 0;on bool 4;8 4}', span: true, readonly: true },
    { name: 'c', type: 'P{x f32 0;4 4}{}', span: false, readonly: false },
  ]);
});

test('anything else makes a bad module, with the line in the message', () => {
  for (const text of ['', 'f', 'f(', 'f()', '(a:f32):void', 'f:void', 'f(a:f32)void']) {
    const line = `arena:2:${text}`;
    expectError(() => parseSignature(line), 'ERR_BAD_MODULE', 'not understood', line);
  }
  const bytes = wasm('fixtures');
  const line = Buffer.from(bytes.buffer).indexOf('fill(value:f32');
  bytes[line + 'fill'.length] = '!'.charCodeAt(0);
  expectError(() => Registry.createSync({ module: bytes }), 'ERR_BAD_MODULE', 'fill!value:f32,out:f32[]):void');
});
