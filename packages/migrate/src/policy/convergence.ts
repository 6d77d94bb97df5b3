/** A finished round over all disks. */
export interface RoundRecord {
  /** Dirty bytes that it covered. */
  readonly bytes: number;
  readonly ms: number;
}

export interface ConvergenceLimits {
  /** The downtime to aim at. */
  readonly maxDowntimeMs: number;
  /** What stopping and handing over cost by themselves. */
  readonly switchMs: number;
  /** Rounds after which the switch is tried in any case. */
  readonly maxRounds: number;
}

export interface ConvergenceDecision {
  readonly action: 'round' | 'switch';
  /** How long the guest would probably stand still. */
  readonly forecastMs: number;
  readonly reason: string;
}

/**
 * Whether another round is worth it before the state stream starts.
 *
 * What is dirty when a round ends has been written while it ran; so the next round costs about what this one did,
 * scaled by how much it shrank. Rounds that have stopped shrinking will not become shorter.
 */
export function decide(rounds: readonly RoundRecord[], limits: ConvergenceLimits): ConvergenceDecision {
  const last = rounds.at(-1);
  if (last === undefined)
    return { action: 'round', forecastMs: Number.POSITIVE_INFINITY, reason: 'nothing measured yet' };
  const before = rounds.at(-2);
  const shrink = before === undefined || before.bytes === 0 ? 1 : Math.min(1, last.bytes / before.bytes);
  const forecastMs = limits.switchMs + last.ms * shrink;
  if (forecastMs <= limits.maxDowntimeMs && (last.bytes === 0 || !stillShrinking(rounds))) {
    return { action: 'switch', forecastMs, reason: 'the last round fits the downtime' };
  }
  if (rounds.length >= limits.maxRounds) {
    return { action: 'switch', forecastMs, reason: `${rounds.length} rounds are enough` };
  }
  if (
    rounds.length > STALLED_ROUNDS &&
    !rounds.slice(-STALLED_ROUNDS).some((_, index) => shrank(rounds, rounds.length - STALLED_ROUNDS + index))
  ) {
    return {
      action: 'switch',
      forecastMs,
      reason: 'rounds shrink no more: the guest writes as fast as the copy',
    };
  }
  return { action: 'round', forecastMs, reason: 'the next round will be shorter' };
}

function stillShrinking(rounds: readonly RoundRecord[]): boolean {
  return rounds.length < 2 || shrank(rounds, rounds.length - 1);
}

/** Whether a round was at least a quarter smaller than the one before it. */
function shrank(rounds: readonly RoundRecord[], index: number): boolean {
  const [before, after] = [rounds[index - 1], rounds[index]];
  return before !== undefined && after !== undefined && after.bytes < before.bytes * 0.75;
}

const STALLED_ROUNDS = 4;
