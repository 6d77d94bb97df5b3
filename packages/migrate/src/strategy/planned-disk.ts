import type { DiskInfo } from '../disk-info.js';
import type { PlannedDisk } from '../migration-plan.js';
import type { Decision } from '../policy/selection.js';

/** A disk as a plan tells it, with its place on the destination where it has one. */
export function plannedDisk(
  { info, disk, action, reason }: Decision<DiskInfo>,
  destination: PlannedDisk['destination'] | undefined,
): PlannedDisk {
  return {
    disk,
    names: info.names,
    size: info.size,
    readOnly: info.readOnly,
    shareable: info.shareable,
    empty: info.empty,
    action,
    reason,
    estimateBytes: action === 'move' ? Math.min(info.allocatedBytes, info.size) : 0,
    ...(destination === undefined ? {} : { destination }),
  };
}
