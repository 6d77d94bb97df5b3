/** A row of numbers in short. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** A quarter of them is at most this, three quarters at most `q3`; between two of them by proportion. */
  readonly q1: number;
  readonly q3: number;
}

/** @throws {RangeError} of no number there is no median. */
export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) throw new RangeError('No number to summarize.');
  const at = (part: number): number => quantile(sorted, part);
  return { median: at(0.5), min, max, q1: at(0.25), q3: at(0.75) };
}

/** Run by run, ours / peer: what disturbs a round disturbs both, so that the ratio keeps still. */
export function pairwiseRatios(ours: readonly number[], peers: readonly number[]): number[] {
  if (ours.length !== peers.length) throw new RangeError(`${ours.length} runs against ${peers.length}.`);
  return ours.map((value, run) => value / (peers[run] ?? Number.NaN));
}

function quantile(sorted: readonly number[], part: number): number {
  const position = (sorted.length - 1) * part;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}
