/** A disk of a domain, as its hypervisor tells. */
export interface DiskInfo {
  /** What events and results call it, where the user named none. */
  readonly disk: string;
  /** Every name that selects it: the drive's alias, the device's id, the root node's name; on libvirt its target. No duplicates. */
  readonly names: readonly string[];
  /** Bytes; 0 where empty. */
  readonly size: number;
  readonly readOnly: boolean;
  /** The device may be written by several guests at once (`share-rw`; on libvirt `shareable`). */
  readonly shareable: boolean;
  /** No medium. */
  readonly empty: boolean;
  /** The hypervisor reaches it over the network: it is the same storage from every host. Only libvirt tells. */
  readonly onNetwork?: boolean;
  /** Bytes that are allocated, as far as is known. */
  readonly allocatedBytes: number;
}
