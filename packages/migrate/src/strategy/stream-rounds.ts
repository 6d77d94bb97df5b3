import { abortable, within } from '../abortable.js';
import { roundGap, type StreamRound } from '../policy/round-gap.js';
import type { Session } from '../ports.js';
import type { DiskCopiers } from './disk-copiers.js';

/** The guest has stopped for the switch. */
export interface Stopped {
  /** The moment of its stop (performance.now()). */
  readonly at: number;
  /** The round that was in flight then, and still may be. */
  readonly round: Promise<unknown>;
}

/**
 * Rounds beside the state stream, until the guest stops. The one that is in flight then is not waited for: what the
 * guest has written last can be looked up meanwhile.
 */
export async function copyUntilStopped(
  stopped: Promise<number>,
  session: Session,
  copiers: DiskCopiers,
  signal: AbortSignal,
): Promise<Stopped> {
  let rotatedAt = performance.now();
  let last: StreamRound | undefined;
  for (;;) {
    const leftMs = await firstOf(stopped, session.stateLeftMs());
    if (leftMs.first) return { at: leftMs.value, round: Promise.resolve() };
    const at = await within(roundGap(leftMs.value, last), stopped, signal);
    if (at !== undefined) return { at, round: Promise.resolve() };
    const began = performance.now();
    const round = session.rotate('fine').then((maps) => copiers.round(maps));
    try {
      const ended = await abortable(firstOf(stopped, round), signal);
      if (ended.first) return { at: ended.value, round };
      last = { ms: ended.value.ms, dirtiedMs: began - rotatedAt };
      rotatedAt = began;
    } catch (error) {
      // Nothing may be in flight any more when what has been done is undone.
      await round.catch(() => undefined);
      throw error;
    }
    const released = await abortable(firstOf(stopped, session.release()), signal);
    if (released.first) return { at: released.value, round: Promise.resolve() };
  }
}

type First<A, B> = { readonly first: true; readonly value: A } | { readonly first: false; readonly value: B };

/** The value of whichever is there first. The other one is somebody else's to wait for. */
function firstOf<A, B>(a: Promise<A>, b: Promise<B>): Promise<First<A, B>> {
  b.catch(() => undefined);
  return Promise.race([
    a.then((value): First<A, B> => ({ first: true, value })),
    b.then((value): First<A, B> => ({ first: false, value })),
  ]);
}
