import type { TypedParamsErrorCode } from './error.js';
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
}

/** Parameter names and what is known of each. */
export type Schema = Readonly<Record<string, ParamSpec>>;

/** The names that a schema knows; with `T`, those of that type. */
export type NameOf<S extends Schema, T extends ParamType = never> = [T] extends [never]
  ? keyof S & string
  : { [K in keyof S & string]: T extends S[K]['type'] ? K : never }[keyof S & string];

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
