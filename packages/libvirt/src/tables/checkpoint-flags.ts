/** How a backup begins: the bit of each flag, from 0. Source: libvirt, virDomainBackupBeginFlags. */
export const backupFlags = {
  REUSE_EXTERNAL: 0,
} as const;

/** How a backup begins: REUSE_EXTERNAL with files that are there. */
export type BackupFlag = keyof typeof backupFlags;

/** How a checkpoint is made: the bit of each flag, from 0. Source: libvirt, virDomainCheckpointCreateFlags. */
export const checkpointCreateFlags = {
  REDEFINE: 0,
  QUIESCE: 1,
  REDEFINE_VALIDATE: 2,
} as const;

/** How a checkpoint is made: REDEFINE makes one known that exists already, QUIESCE has the guest flush first. */
export type CheckpointCreateFlag = keyof typeof checkpointCreateFlags;

/** What a checkpoint's description holds: the bit of each flag, from 0. Source: libvirt, virDomainCheckpointXMLFlags. */
export const checkpointXmlFlags = {
  SECURE: 0,
  NO_DOMAIN: 1,
  SIZE: 2,
} as const;

/** What a checkpoint's description holds: SECURE secrets too, NO_DOMAIN not the domain's, SIZE how much has changed since. */
export type CheckpointXmlFlag = keyof typeof checkpointXmlFlags;

/** Which checkpoints are listed: the bit of each flag, from 0. Source: libvirt, virDomainCheckpointListFlags. */
export const checkpointListFlags = {
  ROOTS: 0,
  TOPOLOGICAL: 1,
  LEAVES: 2,
  NO_LEAVES: 3,
} as const;

/** Which checkpoints are listed: those without a parent, those with or without children; TOPOLOGICAL parents first. */
export type CheckpointListFlag = keyof typeof checkpointListFlags;

/** What is deleted with a checkpoint: the bit of each flag, from 0. Source: libvirt, virDomainCheckpointDeleteFlags. */
export const checkpointDeleteFlags = {
  CHILDREN: 0,
  METADATA_ONLY: 1,
  CHILDREN_ONLY: 2,
} as const;

/** What is deleted with a checkpoint, or instead of it; METADATA_ONLY leaves its bitmaps. */
export type CheckpointDeleteFlag = keyof typeof checkpointDeleteFlags;
