/** The seven types of a parameter, by libvirt's names. Source: libvirt, virTypedParameterType. */
export type ParamType = keyof TypeValues;

/**
 * The JavaScript value of a type: `bigint` for the 64-bit integers, always, and `number` for the 32-bit ones and
 * for doubles.
 */
export type ValueOfType<T extends ParamType> = TypeValues[T];

/** Any parameter's value. */
export type ParamValue = ValueOfType<ParamType>;

/** One parameter: a name, its type and a value of that type. Narrowing `type` narrows `value`. */
export type TypedParam = {
  readonly [T in ParamType]: { readonly name: string; readonly type: T; readonly value: ValueOfType<T> };
}[ParamType];

interface TypeValues {
  int: number;
  uint: number;
  llong: bigint;
  ullong: bigint;
  double: number;
  boolean: boolean;
  string: string;
}
