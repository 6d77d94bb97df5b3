import { TypedParamsError } from './error.js';
import { paramFromJson, paramToJson, type TypedParamJson } from './json.js';
import { checkName } from './name.js';
import type { ParamType, ParamValue, TypedParam, ValueOfType } from './param.js';
import { type NameOf, type RecordOf, type Schema, specOf, unsupported, type ValueOf } from './schema.js';
import { check } from './schema-check.js';
import { parseValue, type TextOptions } from './text/value.js';
import { checkType, checkValue, toUnsigned } from './value.js';
import { MAX_WIRE_PARAMS } from './xdr/limits.js';
import { decodeXdr, encodeXdr } from './xdr/typed-param.js';

/** What {@link TypedParams.toXdr} may be told. */
export interface ToXdrOptions {
  /**
   * Gives the bytes where they were written, for who reads them at once: the next `toXdr` of any list overwrites them.
   *
   * @default false (a copy of the caller's own)
   */
  readonly lend?: boolean;
}

/** What {@link TypedParams.fromXdr} may be told. */
export interface XdrOptions {
  /**
   * Most parameters that are taken, 0 or more. libvirt's RPC has its own limit for each call; what a call gives back on
   * this machine, as all statistics of a domain, may have hundreds.
   *
   * @default 64 (`MAX_WIRE_PARAMS`, that of a migration and of a job's statistics)
   */
  readonly limit?: number;
}

/**
 * libvirt's typed parameters: an ordered list of names with typed values, in which a name may repeat.
 *
 * With a schema as its type argument, names and values are checked when the program is compiled; without one every
 * name and type goes. Names, types and ranges are checked on every way in, by libvirt's rules.
 *
 * Every method that takes a name throws {@link TypedParamsError} `INTERNAL_ERROR` for one of more than 79 bytes, and
 * every one that takes a value `INVALID_ARG` for one that the type does not hold.
 */
export class TypedParams<out S extends Schema = Schema> implements Iterable<TypedParam> {
  #params: TypedParam[] = [];

  constructor(params: Iterable<TypedParam> = []) {
    for (const { name, type, value } of params) this.#push(name, type, value);
  }

  /**
   * Makes parameters of a plain object, in its order, with the types of the schema.
   *
   * An array gives a name several values, an empty one none; undefined is as if the name were absent.
   *
   * @throws {TypedParamsError} as `validate` and `append` do, for what the compiler did not see.
   */
  static from<S extends Schema>(record: RecordOf<S>, schema: S): TypedParams<S> {
    const params = new TypedParams();
    for (const [name, given] of Object.entries<ParamValue | readonly ParamValue[] | undefined>(record)) {
      const type = specOf(schema, name)?.type;
      if (type === undefined) throw unsupported(name);
      const values = given === undefined ? [] : isList(given) ? given : [given];
      for (const value of values) params.#push(name, type, value);
    }
    check(params, schema);
    return params as unknown as TypedParams<S>;
  }

  /**
   * Reads the form that {@link toJSON} gives, after `JSON.parse`.
   *
   * @throws {TypedParamsError} `INVALID_ARG` for what is no such form.
   */
  static fromJSON(json: unknown): TypedParams {
    if (!Array.isArray(json)) {
      throw new TypedParamsError('INVALID_ARG', 'parameters in JSON are a list of { name, type, value }');
    }
    return new TypedParams(json.map(paramFromJson) as TypedParam[]);
  }

  /**
   * Reads libvirt's wire form, {@link toXdr}'s; it must be all of `bytes`, and canonical.
   *
   * @throws {TypedParamsError} `RPC` for anything else, and for more parameters than the limit; `INTERNAL_ERROR` for a
   * name of more than 79 bytes.
   */
  static fromXdr(bytes: Uint8Array, { limit = MAX_WIRE_PARAMS }: XdrOptions = {}): TypedParams {
    const params = new TypedParams();
    params.#params = decodeXdr(bytes, limit);
    return params;
  }

  /** How many parameters there are; a name counts as often as it occurs. */
  get size(): number {
    return this.#params.length;
  }

  /** Adds a parameter at the end; one of the same name stays. */
  append<K extends NameOf<S>, T extends S[K]['type']>(name: K, type: T, value: ValueOfType<T>): this {
    return this.#push(name, type, value);
  }

  /** Adds an integer of 32 bits. */
  addInt<K extends NameOf<S, 'int'>>(name: K, value: number): this {
    return this.#push(name, 'int', value);
  }

  /** Adds an unsigned integer of 32 bits. */
  addUInt<K extends NameOf<S, 'uint'>>(name: K, value: number): this {
    return this.#push(name, 'uint', value);
  }

  /** Adds an integer of 64 bits. */
  addLLong<K extends NameOf<S, 'llong'>>(name: K, value: bigint): this {
    return this.#push(name, 'llong', value);
  }

  /** Adds an unsigned integer of 64 bits. */
  addULLong<K extends NameOf<S, 'ullong'>>(name: K, value: bigint): this {
    return this.#push(name, 'ullong', value);
  }

  /**
   * Adds an unsigned integer as a `uint` where it fits in 32 bits, else as a `ullong`.
   *
   * @param value a whole number from 0 to 2^64-1; as a `number`, up to 2^53-1.
   *
   * Source: libvirt, virTypedParamListAddUnsigned.
   */
  addUnsigned<K extends NameOf<S, 'uint' | 'ullong'>>(name: K, value: number | bigint): this {
    const [type, unsigned] = toUnsigned(name, value);
    return this.#push(name, type, unsigned);
  }

  /** Adds a double; infinities and NaN are ones. */
  addDouble<K extends NameOf<S, 'double'>>(name: K, value: number): this {
    return this.#push(name, 'double', value);
  }

  /** Adds a boolean. */
  addBoolean<K extends NameOf<S, 'boolean'>>(name: K, value: boolean): this {
    return this.#push(name, 'boolean', value);
  }

  /** Adds a string, which must not hold a NUL. */
  addString<K extends NameOf<S, 'string'>>(name: K, value: string): this {
    return this.#push(name, 'string', value);
  }

  /**
   * Adds a parameter of that name for each string; none for an empty list, where libvirt's call fails without an error.
   * On a string that is refused the ones ahead of it stay, as in libvirt.
   */
  addStringList<K extends NameOf<S, 'string'>>(name: K, values: Iterable<string>): this {
    for (const value of values) this.#push(name, 'string', value);
    return this;
  }

  /**
   * Adds a parameter whose value is read from text: base 10, the whole text, `-1` for the largest unsigned number,
   * what C's strtod takes for doubles, `true`, `false`, `1` and `0` for booleans. With `strict` such oddities are
   * refused.
   *
   * @throws {TypedParamsError} `INVALID_ARG` for a text that is no value of `type`.
   *
   * Source: libvirt, virTypedParamsAddFromString.
   */
  addFromString<K extends NameOf<S>>(
    name: K,
    type: S[K]['type'],
    text: string,
    options: TextOptions = {},
  ): this {
    return this.#push(name, type, parseValue(name, type, text, options));
  }

  /** The first value of that name; undefined if there is none. */
  get<K extends NameOf<S>>(name: K): ValueOf<S, K> | undefined {
    return this.#params.find((param) => param.name === name)?.value as ValueOf<S, K> | undefined;
  }

  /** All values of that name, in order; with a type, those of that type alone. */
  getAll<K extends NameOf<S>>(name: K): ValueOf<S, K>[];
  getAll<T extends ParamType>(name: NameOf<S>, type: T): ValueOfType<T>[];
  getAll(name: string, type?: ParamType): ParamValue[] {
    return this.#filter(name, type).map((param) => param.value);
  }

  /** The parameters of that name, in order; with a type, those of that type alone. */
  filter(name: NameOf<S>): TypedParam[];
  filter<T extends ParamType>(name: NameOf<S>, type: T): Extract<TypedParam, { type: T }>[];
  filter(name: string, type?: ParamType): TypedParam[] {
    return frozen(this.#filter(name, type));
  }

  /**
   * The first value of that name if there is one, a whole number from -2^31 to 2^31-1; undefined if there is none.
   *
   * @throws {TypedParamsError} `INVALID_ARG` if it is of another type. Both go for the getters below as well.
   */
  getInt<K extends NameOf<S, 'int'>>(name: K): number | undefined {
    return this.#first(name, 'int');
  }

  /** The first value of that name, a whole number from 0 to 2^32-1. */
  getUInt<K extends NameOf<S, 'uint'>>(name: K): number | undefined {
    return this.#first(name, 'uint');
  }

  /** The first value of that name, from -2^63 to 2^63-1. */
  getLLong<K extends NameOf<S, 'llong'>>(name: K): bigint | undefined {
    return this.#first(name, 'llong');
  }

  /** The first value of that name, from 0 to 2^64-1. */
  getULLong<K extends NameOf<S, 'ullong'>>(name: K): bigint | undefined {
    return this.#first(name, 'ullong');
  }

  /** The first value of that name, any double. */
  getDouble<K extends NameOf<S, 'double'>>(name: K): number | undefined {
    return this.#first(name, 'double');
  }

  /** The first value of that name, true or false. */
  getBoolean<K extends NameOf<S, 'boolean'>>(name: K): boolean | undefined {
    return this.#first(name, 'boolean');
  }

  /** The first value of that name, without NUL. */
  getString<K extends NameOf<S, 'string'>>(name: K): string | undefined {
    return this.#first(name, 'string');
  }

  /** Whether there is a parameter of that name. */
  has(name: NameOf<S>): boolean {
    return this.#params.some((param) => param.name === name);
  }

  /** Leaves one parameter of that name, at the place of the first one, or at the end if there was none. */
  set<K extends NameOf<S>, T extends S[K]['type']>(name: K, type: T, value: ValueOfType<T>): this {
    const replacement = makeParam(name, type, value);
    const place = this.#params.findIndex((param) => param.name === name);
    if (place < 0) {
      this.#params.push(replacement);
      return this;
    }
    this.#params = this.#params.filter((param, index) => index === place || param.name !== name);
    this.#params[place] = replacement;
    return this;
  }

  /**
   * Gives the first parameter of that name another string, or adds one if there is none; others of the name stay.
   *
   * @throws {TypedParamsError} `INVALID_ARG` if the first one is no string.
   *
   * Source: libvirt, virTypedParamsReplaceString.
   */
  replaceString<K extends NameOf<S, 'string'>>(name: K, value: string): this {
    const place = this.#params.findIndex((param) => param.name === name);
    if (place < 0) return this.#push(name, 'string', value);
    if (this.#params[place]?.type !== 'string') {
      throw new TypedParamsError('INVALID_ARG', `Parameter '${name}' is not a string`, name);
    }
    this.#params[place] = makeParam(name, 'string', value);
    return this;
  }

  /** Removes all parameters of that name; says whether there were any. */
  delete(name: NameOf<S>): boolean {
    const before = this.#params.length;
    this.#params = this.#params.filter((param) => param.name !== name);
    return this.#params.length < before;
  }

  /** The parameters in order, each `{ name, type, value }`. */
  entries(): IterableIterator<TypedParam> {
    return frozen(this.#params).values();
  }

  [Symbol.iterator](): IterableIterator<TypedParam> {
    return this.entries();
  }

  /** A copy that shares nothing with this one. */
  clone(): TypedParams<S> {
    return new TypedParams<S>(this);
  }

  /** A new list: these parameters, then the others'. */
  concat(...others: readonly Iterable<TypedParam>[]): TypedParams<S> {
    const joined = this.clone();
    for (const other of others) {
      for (const { name, type, value } of other) joined.#push(name, type, value);
    }
    return joined;
  }

  /** What `JSON.stringify` takes, without loss: {@link fromJSON} reads it back. */
  toJSON(): TypedParamJson[] {
    return this.#params.map(paramToJson);
  }

  /**
   * libvirt's wire form, byte for byte: the XDR of `remote_typed_param params<64>`.
   *
   * @throws {TypedParamsError} `RPC` for more than 64 parameters, a string of more than 4 MiB, or 32 MiB in all.
   */
  toXdr({ lend = false }: ToXdrOptions = {}): Uint8Array {
    return encodeXdr(this.#params, MAX_WIRE_PARAMS, lend);
  }

  #push(name: string, type: ParamType, value: ParamValue): this {
    this.#params.push(makeParam(name, type, value));
    return this;
  }

  #filter(name: string, type: ParamType | undefined): TypedParam[] {
    return this.#params.filter((param) => param.name === name && (type === undefined || param.type === type));
  }

  #first<T extends ParamType>(name: string, type: T): ValueOfType<T> | undefined {
    const found = this.#params.find((param) => param.name === name);
    if (found === undefined) return undefined;
    if (found.type !== type) {
      const detail = `Invalid type '${type}' requested for parameter '${name}', actual type is '${found.type}'`;
      throw new TypedParamsError('INVALID_ARG', detail, name);
    }
    return found.value as ValueOfType<T>;
  }
}

function makeParam(name: string, type: ParamType, value: ParamValue): TypedParam {
  checkName(name);
  checkType(name, type);
  checkValue(name, type, value);
  // An integer has no negative zero.
  const kept = type !== 'double' && value === 0 ? 0 : value;
  return Object.freeze({ name, type, value: kept }) as TypedParam;
}

/** Freezes the parameters of a list before somebody else gets them; to do so when they are read would double the time. */
function frozen(params: TypedParam[]): TypedParam[] {
  for (const param of params) Object.freeze(param);
  return params;
}

function isList(given: ParamValue | readonly ParamValue[]): given is readonly ParamValue[] {
  return Array.isArray(given);
}
