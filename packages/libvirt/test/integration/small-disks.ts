import type { GuestDisk } from '@blockferry/lab';

/** Disks that are copied in a moment. */
export const SMALL_DISKS: readonly GuestDisk[] = [
  { name: 'vda', sizeMiB: 64, filledMiB: 32, rateKiB: 256 },
  { name: 'vdb', sizeMiB: 64, filledMiB: 16, rateKiB: 256 },
  { name: 'vdc', sizeMiB: 32, filledMiB: 8, rateKiB: 0 },
];
