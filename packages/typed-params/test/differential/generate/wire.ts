import { MAX_NAME_BYTES, type ParamType, type ParamValue } from '../../../src/index.js';
import type { Random } from '../../support/random.js';
import { oneIn, oneOf } from './choice.js';
import { anyValue, types } from './value.js';

/** A `remote_typed_param` list in XDR: a sound one, or one with a word changed, or cut short, or too long. */
export function wireBytes(random: Random, names: readonly string[]): Uint8Array {
  const shortNames = names.filter((name) => Buffer.byteLength(name) <= MAX_NAME_BYTES);
  // With two faults, it is up to the reader which one it tells: a name too long comes alone.
  if (shortNames.length === 0 || oneIn(random, 2)) return list(random, names);
  const bytes = list(random, shortNames);
  switch (random.next(3)) {
    case 0:
      return bytes.subarray(0, random.next(bytes.length + 1));
    case 1:
      return Buffer.concat([bytes, Buffer.alloc(random.next(9))]);
    default:
      bytes.writeUInt32BE(oneOf(random, words), 4 * random.next(bytes.length / 4));
      return bytes;
  }
}

function list(random: Random, names: readonly string[]): Buffer {
  const length = oneIn(random, 50) ? 63 + random.next(3) : random.next(4);
  const params = Array.from({ length }, () => {
    const type = oneOf(random, types);
    return param(oneOf(random, names), type, anyValue(random, type));
  });
  return Buffer.concat([word(length), ...params]);
}

function param(name: string, type: ParamType, value: ParamValue): Buffer {
  return Buffer.concat([string(name), word(types.indexOf(type) + 1), payload(type, value)]);
}

function payload(type: ParamType, value: ParamValue): Buffer {
  const bytes = Buffer.alloc(8);
  switch (type) {
    case 'llong':
    case 'ullong':
      bytes.writeBigUInt64BE(BigInt.asUintN(64, BigInt(value)));
      return bytes;
    case 'double':
      bytes.writeDoubleBE(Number(value));
      return bytes;
    case 'string':
      return string(String(value));
    default:
      return word(Number(value));
  }
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([word(bytes.length), bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}

/** Counts, lengths, types and booleans, of which most are wrong in most places. */
const words: readonly number[] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 63, 64, 65, 80, 0x100, 0x40_0001, 0x7fff_ffff, 0xffff_ffff,
];
