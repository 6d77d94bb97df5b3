import type { Sabotage } from '@blockferry/nbd';

/** Faults that acceptance tests ask for, to see that the verifier finds them. Not for users. */
export interface EngineSabotage extends Sabotage {
  /** No round once the state stream runs: the last one would have had it all to carry, and is left out. */
  readonly skipLastRounds?: boolean;
}
