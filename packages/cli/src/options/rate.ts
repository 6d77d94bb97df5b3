import { InvalidArgumentError } from 'commander';
import { bytesPerUnit, parseQuantity, scale } from './quantity.js';

/**
 * Bytes per second of a rate: `200MiB/s`, `1.6Gbit/s`, `50M`. Bits have decimal prefixes, or binary ones
 * (`Gibit`); `/s` may be left out. 0 means no limit.
 */
export function parseRate(text: string): number {
  const quantity = parseQuantity(text);
  const unit = quantity?.unit.replace(/\/s$/, '') ?? '';
  if (/^[kmgtpKMGTP]?i?b$/.test(unit)) {
    throw new InvalidArgumentError('A small b may mean bits or bytes: write Mbit/s or MB/s.');
  }
  const factor = unitFraction(unit);
  if (quantity === undefined || factor === undefined) {
    throw new InvalidArgumentError('Give a rate such as 200MiB/s or 1.6Gbit/s.');
  }
  const { numerator, denominator } = scale(quantity, factor.numerator);
  const divisor = denominator * factor.denominator;
  // Rounded up: a rate above zero must not become "no limit".
  const bytes = (numerator + divisor - 1n) / divisor;
  if (bytes > BigInt(Number.MAX_SAFE_INTEGER))
    throw new InvalidArgumentError('That is faster than can be counted.');
  return Number(bytes);
}

/** Bytes of one unit, as a fraction: a bit is an eighth. */
function unitFraction(unit: string): { numerator: bigint; denominator: bigint } | undefined {
  const bits = /^([kmgtp]?)(i?)bits?$/i.exec(unit);
  if (bits === null) {
    const bytes = bytesPerUnit(unit);
    return bytes === undefined ? undefined : { numerator: bytes, denominator: 1n };
  }
  const [, prefix = '', binary = ''] = bits;
  const numerator = bytesPerUnit(prefix === '' ? '' : `${prefix}${binary}b`);
  return numerator === undefined ? undefined : { numerator, denominator: 8n };
}
