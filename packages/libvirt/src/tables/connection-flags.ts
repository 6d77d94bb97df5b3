/** Which domains are listed: the bit of each flag, from 0. Source: libvirt, virConnectListAllDomainsFlags. */
export const listDomainsFlags = {
  ACTIVE: 0,
  INACTIVE: 1,
  PERSISTENT: 2,
  TRANSIENT: 3,
  RUNNING: 4,
  PAUSED: 5,
  SHUTOFF: 6,
  OTHER: 7,
  MANAGEDSAVE: 8,
  NO_MANAGEDSAVE: 9,
  AUTOSTART: 10,
  NO_AUTOSTART: 11,
  HAS_SNAPSHOT: 12,
  NO_SNAPSHOT: 13,
  HAS_CHECKPOINT: 14,
  NO_CHECKPOINT: 15,
} as const;

/** Which domains are listed: of a group (ACTIVE and INACTIVE, ...) one or none is given. */
export type ListDomainsFlag = keyof typeof listDomainsFlags;

/** Which storage pools are listed: the bit of each flag, from 0. Source: libvirt, virConnectListAllStoragePoolsFlags. */
export const listPoolsFlags = {
  INACTIVE: 0,
  ACTIVE: 1,
  PERSISTENT: 2,
  TRANSIENT: 3,
  AUTOSTART: 4,
  NO_AUTOSTART: 5,
  DIR: 6,
  FS: 7,
  NETFS: 8,
  LOGICAL: 9,
  DISK: 10,
  ISCSI: 11,
  SCSI: 12,
  MPATH: 13,
  RBD: 14,
  SHEEPDOG: 15,
  GLUSTER: 16,
  ZFS: 17,
  VSTORAGE: 18,
  ISCSI_DIRECT: 19,
} as const;

/** Which storage pools are listed: by state, by kind. */
export type ListPoolsFlag = keyof typeof listPoolsFlags;

/** Groups of statistics: the bit of each flag, from 0. Source: libvirt, virDomainStatsTypes. */
export const domainStatsTypes = {
  STATE: 0,
  CPU_TOTAL: 1,
  BALLOON: 2,
  VCPU: 3,
  INTERFACE: 4,
  BLOCK: 5,
  PERF: 6,
  IOTHREAD: 7,
  MEMORY: 8,
  DIRTYRATE: 9,
  VM: 10,
} as const;

/** A group of statistics of a domain. */
export type DomainStatsType = keyof typeof domainStatsTypes;

/** Whose statistics, and how: the bit of each flag, from 0. Source: libvirt, virConnectGetAllDomainStatsFlags. */
export const domainStatsFlags = {
  ACTIVE: 0,
  INACTIVE: 1,
  PERSISTENT: 2,
  TRANSIENT: 3,
  RUNNING: 4,
  PAUSED: 5,
  SHUTOFF: 6,
  OTHER: 7,
  NOWAIT: 29,
  BACKING: 30,
  ENFORCE_STATS: 31,
} as const;

/** Whose statistics are asked for, and how: NOWAIT leaves out what would have to wait for a domain's job, ENFORCE_STATS
 * fails where a group cannot be had. */
export type DomainStatsFlag = keyof typeof domainStatsFlags;
