import { TypedParamsError } from '../error.js';
import { type Schema, specOf, unsupported } from '../schema.js';
import { TypedParams } from '../typed-params.js';
import { validate } from '../validate.js';
import type { TextOptions } from './value.js';

/**
 * Reads `NAME=VALUE` texts, as a command line repeats them, with the types that the schema has for the names.
 *
 * The first `=` ends the name; the value may be empty. {@link format} is the way back.
 *
 * @throws {TypedParamsError} `ARGUMENT_UNSUPPORTED` for an unknown name, `INVALID_ARG` for a missing `=`, a value
 * that is none of its type, and a name that may not repeat and does.
 */
export function parse<S extends Schema>(
  texts: Iterable<string>,
  schema: S,
  options: TextOptions = {},
): TypedParams<S> {
  const params = new TypedParams();
  for (const text of texts) {
    const end = text.indexOf('=');
    if (end < 0) {
      throw new TypedParamsError('INVALID_ARG', `expected NAME=VALUE and received '${text}'`);
    }
    const name = text.slice(0, end);
    const spec = specOf(schema, name);
    if (spec === undefined) throw unsupported(name);
    params.addFromString(name, spec.type, text.slice(end + 1), options);
  }
  return validate(params, schema);
}
