/** A number with a unit, exact: `1.5GiB` has the digits 15, one decimal, and the unit `GiB`. */
export interface Quantity {
  readonly digits: bigint;
  readonly decimals: number;
  readonly unit: string;
}

/** Reads `512`, `64KiB`, `1.5 GiB`, `200MiB/s`; `undefined` where it is not of that form. */
export function parseQuantity(text: string): Quantity | undefined {
  const match = /^(\d{1,20})(?:\.(\d{1,20}))?\s*([A-Za-z]*(?:\/s)?)$/.exec(text.trim());
  if (match === null) return undefined;
  const [, whole = '', fraction = '', unit = ''] = match;
  return { digits: BigInt(whole + fraction), decimals: fraction.length, unit };
}

/** `quantity` times `bytesPerUnit`, as a fraction. */
export function scale(quantity: Quantity, bytesPerUnit: bigint): { numerator: bigint; denominator: bigint } {
  return { numerator: quantity.digits * bytesPerUnit, denominator: 10n ** BigInt(quantity.decimals) };
}

/** Bytes of `K`, `KiB` (binary) and `KB` (decimal), up to peta; `''` and `B` are bytes. Any case. */
export function bytesPerUnit(unit: string): bigint | undefined {
  const match = /^([kmgtp]?)(i?b)?$/i.exec(unit);
  if (match === null) return undefined;
  const [, prefix = '', suffix = ''] = match;
  if (prefix === '' && suffix.length === 2) return undefined;
  const power = BigInt('kmgtp'.indexOf(prefix.toLowerCase() || ' ') + 1);
  return (suffix.length === 1 ? 1000n : 1024n) ** power;
}
