import { TypedParamsError } from '../../src/index.js';

/** The TypedParamsError that `action` throws. */
export function thrownBy(action: () => unknown): TypedParamsError {
  try {
    action();
  } catch (error) {
    if (TypedParamsError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
