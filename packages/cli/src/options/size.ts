import { InvalidArgumentError } from 'commander';
import { bytesPerUnit, parseQuantity, scale } from './quantity.js';

/**
 * Bytes of a size: `64KiB`, `10GiB`, `1.5G`, `512`. KiB and a bare K are binary, KB is decimal.
 *
 * It has to come to whole bytes, at most 2^53-1.
 */
export function parseSize(text: string): number {
  const quantity = parseQuantity(text);
  const factor = quantity && bytesPerUnit(quantity.unit);
  if (quantity === undefined || factor === undefined) {
    throw new InvalidArgumentError('Give a size such as 64KiB, 1.5GiB or 512 (KB and MB are decimal).');
  }
  const { numerator, denominator } = scale(quantity, factor);
  if (numerator % denominator !== 0n) throw new InvalidArgumentError('That is not a whole number of bytes.');
  const bytes = numerator / denominator;
  if (bytes > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new InvalidArgumentError(`The largest size is ${Number.MAX_SAFE_INTEGER} bytes.`);
  }
  return Number(bytes);
}

/** A size of at least one byte. */
export function parsePositiveSize(text: string): number {
  const bytes = parseSize(text);
  if (bytes === 0) throw new InvalidArgumentError('It has to be larger than nothing.');
  return bytes;
}

/** A size that is a power of two from `min` to `max`. */
export function powerOfTwoSize(min: number, max: number): (text: string) => number {
  return (text) => {
    const bytes = parseSize(text);
    if (bytes < min || bytes > max || (BigInt(bytes) & BigInt(bytes - 1)) !== 0n) {
      throw new InvalidArgumentError(`Give a power of two from ${min} to ${max} bytes.`);
    }
    return bytes;
  };
}
