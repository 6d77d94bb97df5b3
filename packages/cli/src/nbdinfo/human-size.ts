/**
 * A size the way nbdinfo writes it: exact, with the largest binary unit that divides it (`1536K`, `5G`),
 * or plain digits.
 */
export function humanSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value > 0 && value % 1024 === 0 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value}${UNITS[unit]}`;
}

const UNITS = ['', 'K', 'M', 'G', 'T', 'P', 'E'] as const;
