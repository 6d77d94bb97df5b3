/** The name that a table has for one of libvirt's numbers; `unknown` for one that is newer than the table. */
export function nameOf<const T extends readonly string[]>(table: T, number: number): T[number] | 'unknown' {
  return table[number] ?? 'unknown';
}

/** A number of libvirt's with another one whose meaning depends on it, by name: a state and its reason. */
export function nameOfPair<const T extends Readonly<Record<string, readonly string[]>>>(
  table: T,
  number: number,
  detail: number,
): PairIn<T> {
  const name = Object.keys(table)[number];
  const details = name === undefined ? [] : (table[name] ?? []);
  return [name ?? 'unknown', nameOf(details, detail)] as PairIn<T>;
}

/** The pairs of a table, and what stands for the ones that it does not know. */
export type PairIn<T extends Readonly<Record<string, readonly string[]>>> =
  | { [K in keyof T]: [K, T[K][number] | 'unknown'] }[keyof T]
  | ['unknown', 'unknown'];
