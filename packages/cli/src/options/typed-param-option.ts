import { appendText, migrationSchema, TypedParams, TypedParamsError } from '@blockferry/typed-params';
import { UsageError } from '../usage-error.js';
import type { Pair } from './pair-option.js';

/**
 * The typed parameters of `--param NAME=VALUE`. A value that its type does not hold is a usage error; a name
 * that nobody knows goes on, for the plan refuses it together with all other problems.
 */
export function toTypedParams(pairs: readonly Pair[]): TypedParams {
  const params = new TypedParams();
  for (const [name, value] of pairs) {
    try {
      appendText(params, migrationSchema, `${name}=${value}`);
    } catch (error) {
      if (!TypedParamsError.is(error)) throw error;
      if (error.code !== 'ARGUMENT_UNSUPPORTED')
        throw new UsageError(`--param ${name}=${value}: ${error.message}`);
      params.append(name, 'string', value);
    }
  }
  return params;
}
