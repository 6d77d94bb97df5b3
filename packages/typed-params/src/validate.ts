import { errorMessage } from './error.js';
import type { ParamProblem, Schema } from './schema.js';
import { check, findProblems } from './schema-check.js';
import type { TypedParams } from './typed-params.js';

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
  check(params, schema);
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
