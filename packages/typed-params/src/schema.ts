import { TypedParamsError, type TypedParamsErrorCode } from './error.js';
import type { ParamType, ValueOfType } from './param.js';

/** What is known of one parameter. */
export interface ParamSpec {
  readonly type: ParamType;
  /** Whether the name may come more than once. */
  readonly multiple?: boolean;
  /** The libvirt release that brought it. */
  readonly since?: string;
  /** The unit of its value. */
  readonly unit?: string;
  /** The least and the greatest value that it may have, where its type allows more. */
  readonly range?: readonly [number | bigint, number | bigint];
  /** The values that it may have, where it is one of a few words. */
  readonly values?: readonly string[];
  /** The schemes that it may have, where it is a URI. */
  readonly schemes?: readonly string[];
  /** The name of libvirt's constant for its name. */
  readonly macro?: string;
  /** What it is, in one sentence. */
  readonly meaning?: string;
}

/** Parameter names and what is known of each. */
export type Schema = Readonly<Record<string, ParamSpec>>;

/** The names that a schema knows; with `T`, those that take values of that type, or of all those types. */
export type NameOf<S extends Schema, T extends ParamType = never> = [T] extends [never]
  ? keyof S & string
  : { [K in keyof S & string]: [T] extends [S[K]['type']] ? K : never }[keyof S & string];

/** The value of the parameter `K` of a schema. */
export type ValueOf<S extends Schema, K extends keyof S> = ValueOfType<S[K]['type']>;

/** A plain object of a schema's parameters. One that may repeat takes an array; an empty one adds nothing. */
export type RecordOf<S extends Schema> = {
  readonly [K in keyof S]?:
    | ValueOf<S, K>
    | (S[K] extends { readonly multiple: true } ? readonly ValueOf<S, K>[] : never)
    | undefined;
};

/** Something that a schema refuses. */
export interface ParamProblem {
  readonly code: TypedParamsErrorCode;
  /** The parameter's name. */
  readonly name: string;
  /** Its place in the list, from 0. */
  readonly index: number;
  /** What libvirt would say. */
  readonly message: string;
}

/** Keeps a schema's literal types, so that names and values are checked when the program is compiled. */
export function defineSchema<const S extends Schema>(schema: S): S {
  return schema;
}

/** What `schema` knows of `name`; undefined for an unknown one, `toString` and the like included. */
export function specOf(schema: Schema, name: string): ParamSpec | undefined {
  return Object.hasOwn(schema, name) ? schema[name] : undefined;
}

/** The error of a name that a schema does not know. */
export function unsupported(name: string): TypedParamsError {
  return new TypedParamsError('ARGUMENT_UNSUPPORTED', `parameter '${name}' not supported`, name);
}
