import { migrationSchema, parse, TypedParams, TypedParamsError } from '@blockferry/typed-params';
import { UsageError } from '../usage-error.js';
import type { Pair } from './pair-option.js';

/**
 * The typed parameters of `--param NAME=VALUE`. A value that its type does not hold is a usage error; a name
 * that nobody knows goes on, for the plan refuses it together with all other problems.
 */
export function toTypedParams(pairs: readonly Pair[]): TypedParams {
  return new TypedParams().concat(...pairs.map(toTypedParam));
}

function toTypedParam([name, value]: Pair): TypedParams {
  try {
    return parse([`${name}=${value}`], migrationSchema);
  } catch (error) {
    if (!TypedParamsError.is(error)) throw error;
    if (error.code === 'ARGUMENT_UNSUPPORTED') return new TypedParams().addString(name, value);
    throw new UsageError(`--param ${name}=${value}: ${error.message}`);
  }
}
