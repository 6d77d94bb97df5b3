/** What was typed cannot be meant: the command ends with status 2, and nothing was touched. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code: 'INVALID_ARGUMENT' | 'ARGUMENT_UNSUPPORTED';

  constructor(message: string, code: 'INVALID_ARGUMENT' | 'ARGUMENT_UNSUPPORTED' = 'INVALID_ARGUMENT') {
    super(message);
    this.code = code;
  }
}

/** For what the design promises and this version cannot do: refused, never ignored. */
export function notBuilt(what: string, instead = 'leave it out'): UsageError {
  return new UsageError(`${what} is not built yet: ${instead}.`, 'ARGUMENT_UNSUPPORTED');
}
