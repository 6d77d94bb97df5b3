import { errorMessage, TypedParamsError } from './error.js';
import type { TypedParam } from './param.js';
import { type ParamProblem, type Schema, specOf } from './schema.js';
import type { TypedParams } from './typed-params.js';
import { compareUtf8 } from './utf8.js';

/**
 * Checks parameters against a schema as libvirt does, and returns them, now typed by it.
 *
 * The error that is thrown is the one of the alphabetically first parameter at fault, and of one parameter a repetition
 * comes before a wrong type. {@link problems} tells all of them.
 *
 * @throws {TypedParamsError} `ARGUMENT_UNSUPPORTED` for an unknown name; `INVALID_ARG` for a name that may not repeat
 * and does, and for a value of another type.
 *
 * Source: libvirt, virTypedParamsValidate (1.2.17).
 */
export function validate<S extends Schema>(params: TypedParams, schema: S): TypedParams<S> {
  const sorted = [...params].sort((a, b) => compareUtf8(a.name, b.name));
  const first = findProblems(sorted, schema).next();
  if (!first.done) {
    const { code, name, detail } = first.value;
    throw new TypedParamsError(code, detail, name);
  }
  return params as unknown as TypedParams<S>;
}

/**
 * All that {@link validate} would refuse, in the order of the parameters; empty when they are valid.
 *
 * A name that is unknown, or repeated, is listed once; values of a wrong type are listed each.
 */
export function problems(params: TypedParams, schema: Schema): ParamProblem[] {
  return [...findProblems([...params], schema)].map(({ code, name, index, detail }) => ({
    code,
    name,
    index,
    message: errorMessage(code, detail),
  }));
}

type Finding = Omit<ParamProblem, 'message'> & { readonly detail: string };

function* findProblems(params: readonly TypedParam[], schema: Schema): Generator<Finding> {
  const occurrences = new Map<string, number>();
  for (const [index, { name, type }] of params.entries()) {
    const before = occurrences.get(name) ?? 0;
    occurrences.set(name, before + 1);
    const spec = specOf(schema, name);
    if (spec === undefined) {
      if (before === 0) {
        yield { code: 'ARGUMENT_UNSUPPORTED', name, index, detail: `parameter '${name}' not supported` };
      }
      continue;
    }
    if (before === 1 && spec.multiple !== true) {
      yield { code: 'INVALID_ARG', name, index, detail: `parameter '${name}' occurs multiple times` };
    }
    if (type !== spec.type) {
      const detail = `invalid type '${type}' for parameter '${name}', expected '${spec.type}'`;
      yield { code: 'INVALID_ARG', name, index, detail };
    }
  }
}
