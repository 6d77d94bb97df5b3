/** A round beside the state stream. */
export interface StreamRound {
  /** How long it took. */
  readonly ms: number;
  /** Over how long the guest had written what it covered. */
  readonly dirtiedMs: number;
}

/**
 * How long to wait, in milliseconds, before the next round beside the state stream begins. Each costs the guest time, and
 * only what the last ones leave is copied while it stands still: so they are rare as long as the stream has far to go,
 * and follow each other closely when it may end.
 *
 * @param leftMs how long the stream takes at least, as it seems now; 0 where it may end any moment.
 */
export function roundGap(leftMs: number, last: StreamRound | undefined): number {
  // A guess: pages of zeros go faster than others, and the guest writes on. Half of it still leaves time for more.
  const late = (leftMs - LAST_ROUNDS_MS) / 2;
  // If it is wrong, and the guest stops just before the round, no more than this is to be copied then.
  const bounded = last === undefined || last.ms <= 0 ? late : (MOST_LEFT_MS * last.dirtiedMs) / last.ms;
  return Math.max(SHORTEST_MS, Math.min(late, bounded, LONGEST_MS));
}

/** What a round leaves the guest's stop has to wait for. */
const SHORTEST_MS = 10;
const LONGEST_MS = 1000;
/** So long before the end rounds become as small as they get, each of what was written during the one before it. */
const LAST_ROUNDS_MS = 100;
/** Copying that a stop at a bad moment may have to wait for. */
const MOST_LEFT_MS = 50;
