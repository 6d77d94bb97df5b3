export const KiB: number = 1024;
export const MiB: number = 1024 * KiB;

/** Bytes without a zero or a period, the same ones from the same seed. */
export function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[at] = (state >>> 24) | 1;
  }
  return bytes;
}

/** Where two contents differ first, or one of them ends; `undefined` where they are equal. */
export function firstDifference(found: Buffer, expected: Buffer): number | undefined {
  if (found.equals(expected)) return undefined;
  const at = found.findIndex((byte, index) => byte !== expected[index]);
  return at === -1 ? found.length : at;
}

/** All values of an iteration, in order. */
export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}
