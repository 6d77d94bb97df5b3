import { setTimeout as pause } from 'node:timers/promises';
import type { DelegateSession, DelegateSign, GuestSighting } from '../delegate-ports.js';
import { MigrationError } from '../error.js';
import type { Side } from '../error-code.js';
import { toMigrationError } from '../failure.js';
import { describeSighting, type Whereabouts, whereabouts } from '../policy/whereabouts.js';

/** A connection that was lost while a call was under way. */
export type LostConnection = DelegateSign & { readonly sign: 'lost' };

/** A call that has failed, and what was seen of it. */
export interface FailedCall {
  readonly failure: unknown;
  /** The guest was seen to stop for the switch. */
  readonly stopped: boolean;
  readonly lost: readonly LostConnection[];
  /** It was ended here, for the loss of a connection. */
  readonly gaveUp: boolean;
  /** Until when to look for the guest, in the time of performance.now(). */
  readonly deadline: number;
}

/**
 * Looks where the guest is, until both daemons say or the time is up. Resolves where it has arrived; else throws what
 * has failed, or `SOURCE_CHANGED` where it has ended, or `OUTCOME_UNCERTAIN`.
 */
export async function settle(session: DelegateSession, call: FailedCall): Promise<void> {
  // Of a source whose connection was lost nobody has told whether the guest stopped.
  const mayHaveStopped = call.stopped || call.lost.some(({ side }) => side === 'source');
  for (;;) {
    const sightings = await session.locate();
    const where = whereabouts(sightings, mayHaveStopped);
    if (where === 'destination') return;
    const isKnown = where === 'source' || where === 'nowhere';
    if (isKnown || performance.now() > call.deadline) throw explain(where, sightings, call);
    // A migration from peer to peer outlives the connection of who has asked for it.
    if (where === 'wait') await session.abort();
    await pause(LOOK_AGAIN_MS);
  }
}

function explain(
  where: Whereabouts,
  sightings: Readonly<Record<Side, GuestSighting>>,
  { failure, lost, gaveUp }: FailedCall,
): MigrationError {
  const cause = toMigrationError(failure);
  if (where === 'source') {
    const [first] = lost;
    if (first === undefined) return cause;
    const lostSource = lost.some(({ side }) => side === 'source');
    if (lostSource || !gaveUp)
      return toMigrationError(cause, { side: lostSource ? 'source' : 'destination' });
    const message = `The connection to the destination's daemon is lost (${first.reason}); rolled back, the guest is on the source.`;
    return new MigrationError('RPC', message, { side: 'destination', cause: failure });
  }
  if (where === 'nowhere') {
    const message = `The guest has ended meanwhile, and runs on neither side: ${cause.message}`;
    return new MigrationError('SOURCE_CHANGED', message, { side: 'source', cause: failure });
  }
  const message =
    `Nobody knows where the guest is, a person has to look: the source ${describeSighting(sightings.source)}; ` +
    `the destination ${describeSighting(sightings.destination)}. The migration had failed: ${cause.message}`;
  return new MigrationError('OUTCOME_UNCERTAIN', message, { cause: failure });
}

const LOOK_AGAIN_MS = 250;
