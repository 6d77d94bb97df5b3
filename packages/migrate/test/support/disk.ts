import type { DiskInfo } from '../../src/disk-info.js';

/** A writable disk of 1 MiB with one name, but for what the test says. */
export function disk(name: string, said: Partial<DiskInfo> = {}): DiskInfo {
  return {
    disk: name,
    names: [name],
    size: 1 << 20,
    readOnly: false,
    shareable: false,
    empty: false,
    allocatedBytes: 0,
    ...said,
  };
}
