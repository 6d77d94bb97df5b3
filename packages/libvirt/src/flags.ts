import { invalidArgument } from './failure.js';

/** The bit of each flag, from 0, by its name. */
export type FlagTable = Readonly<Record<string, number>>;

/**
 * The number that libvirt takes for a set of flags.
 *
 * @throws {LibvirtError} `INVALID_ARG` for a name that the table does not have.
 */
export function flagBits<T extends FlagTable>(table: T, names: readonly (keyof T & string)[] = []): number {
  if (!Array.isArray(names)) throw invalidArgument('flags are a list of names');
  let bits = 0;
  for (const name of names) {
    const bit = Object.hasOwn(table, name) ? table[name] : undefined;
    if (bit === undefined) {
      const known = Object.keys(table).join(', ');
      throw invalidArgument(`unknown flag '${String(name)}'; there are: ${known}`);
    }
    bits |= 1 << bit;
  }
  return bits >>> 0;
}
