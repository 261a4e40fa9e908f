// Text and JSON in the arena, beside the engine's own encoder, decoder and JSON on a fixed view.
import { Registry } from 'arena-bind';

const LINE = 'The quick brown fox jumps over the lazy dog; 0123456789. ';
const FOREIGN = 'Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich – 東京. ';

const text = (line, length) => line.repeat(Math.ceil(length / line.length)).slice(0, length);

/** An object whose JSON has about `length` characters. */
function document(length) {
  const items = Array.from({ length: Math.max(1, Math.round(length / 50)) }, (_, id) => ({
    id,
    name: `item ${id}`,
    tags: ['a', 'b'],
  }));
  return { kind: 'list', items };
}

async function cases(line, length) {
  const registry = await Registry.create();
  const string = text(line, length);
  const value = document(length);
  const encoder = new TextEncoder();
  const encoded = encoder.encode(string);
  const json = encoder.encode(JSON.stringify(value));
  const scope = {
    registry,
    encoder,
    decoder: new TextDecoder(),
    string,
    value,
    fixed: new Uint8Array(4 * length + 200),
    encoded,
    json,
    stringView: registry.allocPersistent('u8', encoded),
    jsonView: registry.allocPersistent('u8', json),
  };
  const add = (expression) => `sink = (sink + ${expression}) | 0;`;
  return [
    { key: 'encode', name: 'TextEncoder.encodeInto', body: add('encoder.encodeInto(string, fixed).written') },
    {
      key: 'writeString',
      name: 'registry.writeString',
      body: `${add('registry.writeString(string).length')} registry.reset();`,
    },
    { key: 'decode', name: 'TextDecoder.decode', body: add('decoder.decode(encoded).length') },
    { key: 'readString', name: 'registry.readString', body: add('registry.readString(stringView).length') },
    {
      key: 'stringify',
      name: 'JSON.stringify and encodeInto',
      body: add('encoder.encodeInto(JSON.stringify(value), fixed).written'),
    },
    {
      key: 'writeJson',
      name: 'registry.writeJson',
      body: `${add('registry.writeJson(value).length')} registry.reset();`,
    },
    { key: 'parse', name: 'decode and JSON.parse', body: add('JSON.parse(decoder.decode(json)).items.length') },
    { key: 'readJson', name: 'registry.readJson', body: add('registry.readJson(jsonView).items.length') },
  ].map((entry) => ({ ...entry, scope }));
}

export const tables = {
  ...Object.fromEntries(
    [16, 1024, 65536].map((length) => [
      length,
      {
        title: `text of ${length.toLocaleString('en')} ASCII characters, and JSON of about as many`,
        first: length > 10000 ? 10 : 100,
        cases: () => cases(LINE, length),
      },
    ]),
  ),
  foreign: {
    title: 'text of 1,024 characters, not all ASCII, and JSON of about as many',
    cases: () => cases(FOREIGN, 1024),
  },
};
