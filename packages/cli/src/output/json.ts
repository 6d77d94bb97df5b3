/** One JSON object on one line. Integers past 2^53-1, and every bigint past it, become decimal strings. */
export function toJsonLine(value: object): string {
  return `${JSON.stringify(value, exactly)}\n`;
}

function exactly(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') {
    const small = value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER);
    return small ? Number(value) : String(value);
  }
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return String(BigInt(value));
  }
  return value;
}
