import type { QmpCommandName, QmpCommands } from './commands/map.js';

/** The arguments of a command: typed for the ones in `QmpCommands`, any object for others. */
export type ArgumentsOf<C extends string> = C extends QmpCommandName
  ? QmpCommands[C]['arguments']
  : object | undefined;

/** What a command returns: typed for the ones in `QmpCommands`, unknown for others. */
export type ReturnsOf<C extends string> = C extends QmpCommandName ? QmpCommands[C]['returns'] : unknown;

/** A command's arguments, left out where it needs none, and the options of the call. */
export type ExecuteArguments<C extends string> =
  undefined extends ArgumentsOf<C>
    ? [args?: ArgumentsOf<C>, options?: ExecuteOptions]
    : [args: ArgumentsOf<C>, options?: ExecuteOptions];

/** A command of a batch, in QMP's own form. */
export interface QmpCall<C extends string> {
  readonly execute: C;
  readonly arguments?: ArgumentsOf<C>;
}

/** Options of one command. */
export interface ExecuteOptions {
  /**
   * How long to wait for the answer, in milliseconds; Infinity for ever.
   *
   * @default the connection's `commandTimeoutMs`
   */
  readonly timeoutMs?: number;
  /** Ends the wait, not the command. */
  readonly signal?: AbortSignal;
}

/** Options of waiting for one event. */
export interface WaitOptions {
  /**
   * How long to wait for the event, in milliseconds; Infinity for ever.
   *
   * @default the connection's `commandTimeoutMs`
   */
  readonly timeoutMs?: number;
  /** Ends the wait with `ABORTED`. */
  readonly signal?: AbortSignal;
}
