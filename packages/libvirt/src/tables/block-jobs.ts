/** What a block job does, by number. Source: libvirt, virDomainBlockJobType. */
export const blockJobTypes = ['unknown', 'pull', 'copy', 'commit', 'active-commit', 'backup'] as const;

/** What a block job does. */
export type BlockJobType = (typeof blockJobTypes)[number];

/** What became of a block job, by number. Source: libvirt, virConnectDomainEventBlockJobStatus. */
export const blockJobStatuses = ['completed', 'failed', 'canceled', 'ready'] as const;

/** What became of a block job; a `ready` one waits to be completed, or for a pivot. */
export type BlockJobStatus = (typeof blockJobStatuses)[number] | 'unknown';

/** How a block job is told of: the bit of each flag, from 0. Source: libvirt, virDomainBlockJobInfoFlags. */
export const blockJobInfoFlags = {
  BANDWIDTH_BYTES: 0,
} as const;

/** How a block job is told of: BANDWIDTH_BYTES with its limit in bytes, not MiB, a second. */
export type BlockJobInfoFlag = keyof typeof blockJobInfoFlags;

/** How a block job is ended: the bit of each flag, from 0. Source: libvirt, virDomainBlockJobAbortFlags. */
export const blockJobAbortFlags = {
  ASYNC: 0,
  PIVOT: 1,
} as const;

/** How a block job is ended: ASYNC does not wait for the end, PIVOT goes over to the copy. */
export type BlockJobAbortFlag = keyof typeof blockJobAbortFlags;

/** In which unit a limit is: the bit of each flag, from 0. Source: libvirt, virDomainBlockJobSetSpeedFlags. */
export const blockJobSpeedFlags = {
  BANDWIDTH_BYTES: 0,
} as const;

/** In which unit a limit is: BANDWIDTH_BYTES in bytes, not MiB, a second. */
export type BlockJobSpeedFlag = keyof typeof blockJobSpeedFlags;
