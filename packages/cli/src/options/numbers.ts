import { InvalidArgumentError } from 'commander';

/** A parser of whole numbers from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** Milliseconds of a time: a bare number is in `defaultUnit`; `300ms`, `90s`, `5min`, `1h` say it themselves. */
export function duration(defaultUnit: 'ms' | 's'): (text: string) => number {
  return (text) => {
    const match = /^(\d{1,12}(?:\.\d{1,6})?)\s*(ms|s|min|h)?$/.exec(text.trim());
    const ms = match ? Math.round(Number(match[1]) * (UNIT_MS[match[2] ?? defaultUnit] ?? 0)) : 0;
    if (ms < 1 || ms > MAX_MS) {
      throw new InvalidArgumentError(
        `Give a time above zero, such as 300ms, 90s or 5min (bare: ${defaultUnit}).`,
      );
    }
    return ms;
  };
}

/** `A-B`, two ports, the first not above the second. */
export function parsePortRange(text: string): readonly [number, number] {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
  const [first, last] = [Number(match?.[1]), Number(match?.[2])];
  if (!(first >= 1 && first <= last && last <= 65535)) {
    throw new InvalidArgumentError('Give two ports, the lower one first, such as 49152-49215.');
  }
  return [first, last];
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };

/** The longest timer that Node has. */
const MAX_MS = 0x7fffffff;
