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
  /** What a round of next to nothing costs: a write and a flush go there and back. */
  readonly leastRoundMs: number;
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
 * Whether another round is worth it before the state stream starts: until the last round would fit the downtime, or
 * rounds have stopped shrinking for good, or there were enough of them. Rounds go on beside the stream.
 *
 * What is dirty when a round ends has been written while it ran; so the next round costs about what this one did,
 * scaled by how much it shrank.
 */
export function decide(rounds: readonly RoundRecord[], limits: ConvergenceLimits): ConvergenceDecision {
  const last = rounds.at(-1);
  if (last === undefined)
    return { action: 'round', forecastMs: Number.POSITIVE_INFINITY, reason: 'nothing measured yet' };
  const before = rounds.at(-2);
  const shrink = before === undefined || before.bytes === 0 ? 1 : Math.min(1, last.bytes / before.bytes);
  const forecastMs = limits.switchMs + Math.max(limits.leastRoundMs, last.ms * shrink);
  const fits = forecastMs <= limits.maxDowntimeMs;
  if (last.bytes === 0) {
    return { action: 'switch', forecastMs, reason: 'the guest wrote nothing during the last round' };
  }
  if (fits) {
    return { action: 'switch', forecastMs, reason: 'the last round fits the downtime' };
  }
  if (rounds.length >= limits.maxRounds) {
    return { action: 'switch', forecastMs, reason: `${rounds.length} rounds are enough` };
  }
  if (stalled(rounds)) {
    return {
      action: 'switch',
      forecastMs,
      reason: 'rounds shrink no more: the guest writes as fast as the copy',
    };
  }
  return { action: 'round', forecastMs, reason: 'the last round would not fit the downtime' };
}

function stalled(rounds: readonly RoundRecord[]): boolean {
  if (rounds.length <= STALLED_ROUNDS) return false;
  return !rounds.some((_, index) => index >= rounds.length - STALLED_ROUNDS && shrank(rounds, index));
}

/**
 * Whether a round was at least a quarter smaller than all before it; the first one counts as such. Compared with the
 * one before it alone, a guest that writes in bursts would seem to shrink at every second round, for ever.
 */
function shrank(rounds: readonly RoundRecord[], index: number): boolean {
  const smallest = Math.min(...rounds.slice(0, index).map(({ bytes }) => bytes));
  return (rounds[index]?.bytes ?? 0) < smallest * 0.75;
}

const STALLED_ROUNDS = 4;
