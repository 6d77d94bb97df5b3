/** Bytes of `4G`, `512MiB`, `1.5g`, `65536`: powers of 1024. `undefined` where it is no such thing, or no whole bytes. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  if (match === null) return undefined;
  const [, digits = '', prefix = ''] = match;
  const bytes = Number(digits) * 1024 ** (PREFIXES.indexOf(prefix.toLowerCase()) + 1);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The other way round, short: `4 GiB`, `1.5 MiB`. */
export function formatSize(bytes: number): string {
  let [value, power] = [bytes, 0];
  while (Math.abs(value) >= 1024 && power < PREFIXES.length) {
    value /= 1024;
    power++;
  }
  const unit = power === 0 ? 'bytes' : `${PREFIXES[power - 1]?.toUpperCase()}iB`;
  return `${Number(value.toPrecision(4))} ${unit}`;
}

const PREFIXES = 'kmgt';
