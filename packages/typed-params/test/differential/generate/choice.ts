import type { Random } from '../../support/random.js';

/** One of the options; each is as likely as any other. */
export function oneOf<T>(random: Random, options: readonly T[]): T {
  const index = random.next(options.length);
  if (index >= options.length) throw new RangeError('no options');
  return options[index] as T;
}

/** True once in `times`, on the average. */
export function oneIn(random: Random, times: number): boolean {
  return random.next(times) === 0;
}

/** A whole number of up to so many bits. */
export function bits(random: Random, count: number): bigint {
  let value = 0n;
  for (let left = count; left > 0; left -= 16) value = (value << 16n) | BigInt(random.next(2 ** 16));
  return value & ((1n << BigInt(count)) - 1n);
}
