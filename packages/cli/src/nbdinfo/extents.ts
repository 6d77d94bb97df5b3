import { printable } from '../output/printable.js';

/** A run of one type in a meta context, under nbdinfo's keys. */
export interface MapEntry {
  readonly offset: number;
  readonly length: number;
  readonly type: number;
  /** Absent where the meaning of the type is not known. */
  readonly description?: string;
}

/** All bytes of one type, under nbdinfo's keys. */
export interface MapTotal {
  readonly size: number;
  readonly percent: number;
  readonly type: number;
  readonly description?: string;
}

/**
 * What a type means in a meta context.
 *
 * Source: NBD proto.md, base:allocation; QEMU, docs/interop/nbd.txt.
 */
export function describeType(context: string, type: number): string | undefined {
  if (context === 'base:allocation') return ALLOCATION[type];
  if (context === 'qemu:allocation-depth')
    return type === 0 ? 'absent' : type === 1 ? 'local' : `backing depth ${type}`;
  if (context.startsWith('qemu:dirty-bitmap:')) return DIRTY[type];
  return undefined;
}

export function mapEntry(
  context: string,
  extent: { offset: number; length: number; flags: number },
): MapEntry {
  const description = describeType(context, extent.flags);
  const { offset, length, flags: type } = extent;
  return { offset, length, type, ...(description !== undefined && { description }) };
}

/** A line of `map`, in nbdinfo's columns. */
export function mapLine({ offset, length, type, description }: MapEntry): string {
  return `${column(offset, 10)}  ${column(length, 10)}  ${column(type, 3)}${tail('  ', description)}\n`;
}

/** Sums a map up, by type. */
export class MapTotals {
  readonly #byType = new Map<number, number>();

  add(type: number, length: number): void {
    this.#byType.set(type, (this.#byType.get(type) ?? 0) + length);
  }

  /** By ascending type. */
  totals(context: string): MapTotal[] {
    const types = [...this.#byType].sort(([a], [b]) => a - b);
    const all = types.reduce((sum, [, size]) => sum + size, 0);
    return types.map(([type, size]) => {
      const description = describeType(context, type);
      // Six digits, as nbdinfo writes it.
      const percent = Number(((size / all) * 100).toPrecision(6));
      return { size, percent, type, ...(description !== undefined && { description }) };
    });
  }
}

/** A line of `map --totals`, in nbdinfo's columns. */
export function totalLine({ size, percent, type, description }: MapTotal): string {
  return `${column(size, 10)} ${oneDecimal(percent).padStart(5)}% ${column(type, 3)}${tail(' ', description)}\n`;
}

/** As C rounds, a tie to the even digit: 6.25 is 6.2. */
function oneDecimal(value: number): string {
  return (value % 1 === 0.25 ? value - 0.05 : value).toFixed(1);
}

function column(value: number, width: number): string {
  return String(value).padStart(width);
}

function tail(gap: string, description: string | undefined): string {
  return description === undefined ? '' : `${gap}${printable(description)}`;
}

const ALLOCATION = ['data', 'hole', 'zero', 'hole,zero'] as const;
const DIRTY = ['clean', 'dirty'] as const;
