import { setTimeout as pause } from 'node:timers/promises';
import type { DelegateCall, DelegateSession, DelegateSign, DelegateSource } from '../delegate-ports.js';
import { type LostConnection, settle } from './delegate-outcome.js';

/**
 * Makes one of the six calls and waits for its end: nothing is added, checked or refused here, and a failure has
 * the daemon's code and message. `signal` asks the daemon to give up; what really became of it counts.
 *
 * @throws {MigrationError} also `OUTCOME_UNCERTAIN`: a connection was lost, and nobody can say where the guest is.
 */
export async function delegateCall(
  source: DelegateSource,
  call: DelegateCall,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  signal.throwIfAborted();
  await using session = await source.open(call);
  await runToOutcome(session, { signal });
}

export interface OutcomeOptions {
  /** Asks the daemon to give up. */
  readonly signal: AbortSignal;
  readonly onSign?: (sign: DelegateSign) => void;
  /** Called again and again while the call is under way: one at a time, ten times a second at most. */
  readonly onTick?: () => Promise<void>;
  /** Looks where the guest is after any failure, and not only after a lost connection. @default false */
  readonly verify?: boolean;
  /** How long to look for it, in milliseconds. @default 30 000 */
  readonly deadlineMs?: number | undefined;
}

/**
 * Makes the call of a session. Resolves where the guest has arrived, whatever the call says; rejects with its
 * failure where the guest is on the source, and with `OUTCOME_UNCERTAIN` where nobody can tell.
 */
export async function runToOutcome(session: DelegateSession, options: OutcomeOptions): Promise<void> {
  const { signal, onSign, onTick, verify = false, deadlineMs = LOOKING_MS } = options;
  let stopped = false;
  const lost: LostConnection[] = [];
  await session.watch((sign) => {
    stopped ||= sign.sign === 'suspended' || sign.sign === 'arrived';
    if (sign.sign === 'lost') lost.push(sign);
    onSign?.(sign);
  });
  let gaveUp = false;
  let isOver = false;
  const call = session.run().finally(() => {
    isOver = true;
  });
  const over = call.catch(() => undefined);
  while (!isOver) {
    // That daemon would not hear any more that the guest is to go on: better not to stop it at all.
    gaveUp ||= session.managed && lost.length > 0 && !stopped;
    if (signal.aborted || gaveUp) await session.abort();
    await onTick?.();
    await Promise.race([over, pause(TICK_MS)]);
  }
  try {
    await call;
  } catch (failure) {
    // With both connections there, the source's daemon has put the guest back before it answered.
    if (lost.length === 0 && !verify) throw failure;
    await settle(session, { failure, stopped, lost, gaveUp, deadline: performance.now() + deadlineMs });
  }
}

const TICK_MS = 100;
const LOOKING_MS = 30_000;
