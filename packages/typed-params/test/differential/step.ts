import type { ParamType, ParamValue, Schema } from '../../src/index.js';

/** A type, or a number that is none: what C lets a caller pass. */
type GivenType = ParamType | number;

/** One call of a sequence, in the terms that libvirt's API and ours share. */
export type Step =
  | { readonly call: 'add'; readonly name: string; readonly type: ParamType; readonly value: ParamValue }
  | { readonly call: 'addUnsigned'; readonly name: string; readonly value: bigint }
  /** Null is libvirt's NULL, which adds nothing; ours gets an empty list. */
  | { readonly call: 'addStringList'; readonly name: string; readonly values: readonly string[] | null }
  | {
      readonly call: 'addFromString';
      readonly name: string;
      readonly type: GivenType;
      readonly text: string | null;
    }
  | { readonly call: 'get'; readonly name: string }
  | { readonly call: 'getTyped'; readonly name: string; readonly type: ParamType }
  | { readonly call: 'filter'; readonly name: string; readonly type: ParamType | undefined }
  | { readonly call: 'getStringList'; readonly name: string }
  | { readonly call: 'replaceString'; readonly name: string; readonly value: string }
  /** A copy takes the list's place. */
  | { readonly call: 'copy' }
  | { readonly call: 'validate'; readonly schema: Schema }
  /** The entries of that type as texts. */
  | { readonly call: 'format'; readonly type: ParamType }
  | { readonly call: 'toXdr' }
  /** The bytes' content is the answer; the list stays as it is. */
  | { readonly call: 'fromXdr'; readonly bytes: Uint8Array }
  | { readonly call: 'dump' };

/** Calls on one list, which is empty at first. */
export type Sequence = readonly Step[];

/** The line that asks the oracle for a step. */
export function toLine(step: Step): string {
  switch (step.call) {
    case 'add':
      return `add ${text(step.name)} ${step.type} ${value(step.type, step.value)}`;
    case 'addUnsigned':
      return `addUnsigned ${text(step.name)} ${step.value}`;
    case 'addStringList': {
      const values = step.values === null ? ['null'] : [String(step.values.length), ...step.values.map(text)];
      return `addStringList ${text(step.name)} ${values.join(' ')}`;
    }
    case 'addFromString':
      return `addFromString ${text(step.name)} ${step.type} ${text(step.text)}`;
    case 'get':
    case 'getStringList':
      return `${step.call} ${text(step.name)}`;
    case 'getTyped':
      return `getTyped ${text(step.name)} ${step.type}`;
    case 'filter':
      return `filter ${text(step.name)} ${step.type ?? 0}`;
    case 'replaceString':
      return `replaceString ${text(step.name)} ${text(step.value)}`;
    case 'validate': {
      const keys = Object.entries(step.schema);
      const words = keys.map(([name, { type, multiple }]) => `${text(name)} ${type} ${multiple ? 1 : 0}`);
      return `validate ${keys.length} ${words.join(' ')}`;
    }
    case 'format':
      return `format ${step.type}`;
    case 'fromXdr':
      return `fromXdr ${hex(step.bytes)}`;
    case 'copy':
    case 'toXdr':
    case 'dump':
      return step.call;
  }
}

/**
 * A text as one word, or the word for C's NULL. What an encoder puts in the place of a lone surrogate, which has no
 * UTF-8 form, is what libvirt gets.
 */
export function text(characters: string | null): string {
  if (characters === null) return 'null';
  const wellFormed = /\p{Surrogate}/u.test(characters) ? Buffer.from(characters).toString() : characters;
  return `=${encodeURIComponent(wellFormed)}`;
}

/** A value as one word; doubles as their bits. */
export function value(type: ParamType, given: ParamValue): string {
  switch (type) {
    case 'string':
      return text(given as string);
    case 'boolean':
      return String(Number(given));
    case 'double':
      return hex(doubleBytes(given as number));
    default:
      return String(given);
  }
}

/** An answer as people read it; as it is where it holds what is no UTF-8. */
export function readable(answer: string): string {
  try {
    return decodeURIComponent(answer);
  } catch {
    return answer;
  }
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

function doubleBytes(double: number): Uint8Array {
  const bytes = new Uint8Array(8);
  // JavaScript has one NaN; whatever bits the engine has for it, these are the usual ones.
  if (Number.isNaN(double)) bytes.set([0x7f, 0xf8]);
  else new DataView(bytes.buffer).setFloat64(0, double);
  return bytes;
}
