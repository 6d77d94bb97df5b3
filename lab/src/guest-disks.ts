/** A disk of the guest's: what it holds, and what is written to it. */
export interface GuestDisk {
  /** As the guest calls it. */
  readonly name: string;
  /** May have a fraction, for a size that is no multiple of anything. */
  readonly sizeMiB: number;
  /** How much of it the source's image holds at the start. */
  readonly filledMiB: number;
  /** What the guest writes to it, in KiB a second; 0: nothing. */
  readonly rateKiB: number;
}

/** Two of 256 MiB, which the guest writes, and one of 128 MiB, which it does not. */
export const DEFAULT_DISKS: readonly GuestDisk[] = [
  { name: 'vda', sizeMiB: 256, filledMiB: 128, rateKiB: 1024 },
  { name: 'vdb', sizeMiB: 256, filledMiB: 64, rateKiB: 512 },
  { name: 'vdc', sizeMiB: 128, filledMiB: 32, rateKiB: 0 },
];

/** The disks, with a rate evenly over those that are written at all; without one, as they are. */
export function shareRate<D extends GuestDisk>(
  disks: readonly D[],
  rateMiB: number | undefined,
): readonly D[] {
  if (rateMiB === undefined) return disks;
  const written = disks.filter((disk) => disk.rateKiB > 0).length;
  const rateKiB = Math.floor((rateMiB * 1024) / Math.max(1, written));
  return disks.map((disk) => (disk.rateKiB > 0 ? { ...disk, rateKiB } : disk));
}

/** By disk: what the guest writes. */
export function workloadOf(disks: readonly GuestDisk[]): Readonly<Record<string, number>> {
  const written = disks.filter((disk) => disk.rateKiB > 0);
  return Object.fromEntries(written.map((disk) => [disk.name, disk.rateKiB]));
}
