import { TypedParamsError } from './error.js';
import { utf8Length } from './utf8.js';

/** Longest parameter name in UTF-8 bytes. Source: libvirt, VIR_TYPED_PARAM_FIELD_LENGTH, which counts the NUL. */
export const MAX_NAME_BYTES = 79;

/** Whether a name has more than 79 bytes. */
export function isTooLong(name: string): boolean {
  // A UTF-16 unit becomes three bytes at most.
  return name.length * 3 > MAX_NAME_BYTES && utf8Length(name) > MAX_NAME_BYTES;
}

/** Throws unless libvirt could hold `name`. An empty name it can. */
export function checkName(name: string): void {
  if (typeof name !== 'string') {
    throw new TypedParamsError('INVALID_ARG', `Field name is of type ${typeof name}, expected a string`);
  }
  const length = utf8Length(name);
  if (length > MAX_NAME_BYTES) {
    throw new TypedParamsError('INTERNAL_ERROR', `Field name '${name}' too long`, name);
  }
  if (length < 0 || name.includes('\0')) {
    const shown = JSON.stringify(name);
    throw new TypedParamsError('INVALID_ARG', `Field name ${shown} has a NUL or a lone surrogate`, name);
  }
}
