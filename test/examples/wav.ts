// WAV files, written and read byte by byte.

export type Kind = 'i16' | 'i24' | 'f32';

export interface Sound {
  channels: readonly Float32Array[];
  rate: number;
  kind: Kind;
}

const BYTES: Record<Kind, number> = { i16: 2, i24: 3, f32: 4 };

export function encode({ channels, rate, kind }: Sound): Buffer {
  const size = BYTES[kind];
  const length = channels[0]?.length ?? 0;
  const file = Buffer.alloc(44 + size * channels.length * length);
  file.write('RIFF', 0);
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(kind === 'f32' ? 3 : 1, 20);
  file.writeUInt16LE(channels.length, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(rate * size * channels.length, 28);
  file.writeUInt16LE(size * channels.length, 32);
  file.writeUInt16LE(size * 8, 34);
  file.write('data', 36);
  file.writeUInt32LE(file.length - 44, 40);
  channels.forEach((channel, c) => {
    channel.forEach((sample, i) => {
      const at = 44 + size * (i * channels.length + c);
      if (kind === 'f32') file.writeFloatLE(sample, at);
      else file.writeIntLE(Math.round(sample * (2 ** (8 * size - 1) - 1)), at, size);
    });
  });
  return file;
}

export function decode(file: Buffer): Sound {
  if (file.toString('latin1', 0, 4) !== 'RIFF') throw new Error('no WAV file');
  let at = 12;
  let format = { tag: 0, channels: 0, rate: 0, bits: 0 };
  for (;;) {
    const name = file.toString('latin1', at, at + 4);
    const size = file.readUInt32LE(at + 4);
    if (name === 'data') break;
    if (name === 'fmt ') {
      format = {
        tag: file.readUInt16LE(at + 8),
        channels: file.readUInt16LE(at + 10),
        rate: file.readUInt32LE(at + 12),
        bits: file.readUInt16LE(at + 22),
      };
    }
    at += 8 + size + (size & 1);
  }
  const kind = `${format.tag === 3 ? 'f' : 'i'}${format.bits}` as Kind;
  const bytes = format.bits / 8;
  const length = file.readUInt32LE(at + 4) / bytes / format.channels;
  const channels = Array.from({ length: format.channels }, (_, c) =>
    Float32Array.from({ length }, (_, i) => {
      const place = at + 8 + bytes * (i * format.channels + c);
      return kind === 'f32' ? file.readFloatLE(place) : file.readIntLE(place, bytes) / 2 ** (format.bits - 1);
    }),
  );
  return { channels, rate: format.rate, kind };
}
