import type { DiskInfo } from '../disk-info.js';
import type { Problem } from '../problem.js';

/** What the user asked for. */
export interface SelectionRequest {
  readonly disks: 'default' | 'none' | readonly string[];
  readonly assumeShared: readonly string[];
  readonly allowShared: boolean;
  readonly unsafe: boolean;
}

/** One disk of the domain, and what becomes of it. */
export interface Decision<D extends DiskInfo> {
  readonly info: D;
  /** The name the user gave, else the disk's own. */
  readonly disk: string;
  readonly action: 'move' | 'stay';
  readonly reason: string;
}

export interface Selection<D extends DiskInfo> {
  /** In definition order, every disk once. */
  readonly decisions: readonly Decision<D>[];
  readonly problems: readonly Problem[];
}

/**
 * Decides which disks move: none given, every one that is not shareable, read-only or empty; some given, exactly
 * those. Every fault is reported, in the order of the names given, then of the disks.
 */
export function select<D extends DiskInfo>(disks: readonly D[], request: SelectionRequest): Selection<D> {
  const problems: Problem[] = [];
  const asked = typeof request.disks === 'string' ? [] : request.disks;
  const wanted = resolveNames(disks, asked, problems);
  const shared = resolveNames(disks, request.assumeShared, problems);
  const decisions = disks.map((info): Decision<D> => {
    const named = wanted.get(info);
    const disk = named ?? shared.get(info) ?? info.disk;
    if (named !== undefined) {
      problems.push(...refuseToMove(info, named, request.allowShared, shared.has(info)));
      return { info, disk, action: 'move', reason: 'selected' };
    }
    if (
      request.disks === 'default' &&
      !info.empty &&
      !info.readOnly &&
      !info.shareable &&
      !shared.has(info)
    ) {
      return { info, disk, action: 'move', reason: 'writable, not shared: moves by default' };
    }
    const reason = whyItMayStay(info, shared.has(info));
    if (reason === undefined && !request.unsafe) {
      problems.push({
        code: 'DISK_LEFT_BEHIND',
        disk,
        message:
          `${disk} is writable and would be left behind: select it, or say that it is the same storage on ` +
          `both sides (--assume-shared ${disk}), or take the risk for all disks (--unsafe).`,
      });
    }
    return {
      info,
      disk,
      action: 'stay',
      reason: reason ?? LEFT_BEHIND,
    };
  });
  return { decisions, problems };
}

/** What a selection leaves behind where that risk is taken, a sentence each. */
export function leftBehindWarnings(decisions: readonly Decision<DiskInfo>[]): string[] {
  return decisions
    .filter(({ reason }) => reason === LEFT_BEHIND)
    .map(
      ({ disk }) =>
        `${disk} is writable and stays behind: the guest will see the destination's ${disk} instead.`,
    );
}

/** The disk that each name means, with the first name given for it; a name of none or several is a problem. */
export function resolveNames<D extends DiskInfo>(
  disks: readonly D[],
  names: readonly string[],
  problems: Problem[],
): Map<D, string> {
  const found = new Map<D, string>();
  for (const name of new Set(names)) {
    const [disk, ...others] = disks.filter((candidate) => candidate.names.includes(name));
    if (disk === undefined) {
      const known = disks.map((candidate) => candidate.disk).join(', ') || 'none';
      problems.push({
        code: 'DISK_NOT_FOUND',
        disk: name,
        message: `There is no disk ${name}; the disks are ${known}.`,
      });
    } else if (others.length > 0) {
      const both = [disk, ...others].map((candidate) => candidate.names.join(' = ')).join('; ');
      problems.push({
        code: 'DISK_AMBIGUOUS',
        disk: name,
        message: `${name} names ${others.length + 1} disks (${both}): use another of their names.`,
      });
    } else if (!found.has(disk)) {
      found.set(disk, name);
    }
  }
  return found;
}

function refuseToMove(info: DiskInfo, disk: string, allowShared: boolean, assumedShared: boolean): Problem[] {
  if (info.empty) {
    return [{ code: 'DISK_EMPTY', disk, message: `${disk} has no medium: leave it out.` }];
  }
  if (info.readOnly) {
    return [
      {
        code: 'DISK_READ_ONLY',
        disk,
        message: `${disk} is read-only and cannot be tracked: leave it out, and copy its image.`,
      },
    ];
  }
  if (assumedShared) {
    return [
      {
        code: 'DISK_SHARED',
        disk,
        message:
          `${disk} is selected, and said to be the same storage on both sides: copying it onto itself would ` +
          'destroy it. Leave one of the two out.',
      },
    ];
  }
  if (info.shareable && !allowShared) {
    return [
      {
        code: 'DISK_SHARED',
        disk,
        message:
          `${disk} is shareable: copying it onto the same storage would destroy it. Leave it out, or say that the ` +
          'destination is another disk (--allow-shared).',
      },
    ];
  }
  return [];
}

function whyItMayStay(info: DiskInfo, assumedShared: boolean): string | undefined {
  if (info.empty) return 'no medium';
  if (info.readOnly) return 'read-only';
  if (info.shareable) return 'shareable';
  if (assumedShared) return 'the same storage on both sides, as you said';
  if (info.onNetwork) return 'on the network, the same from both hosts';
  return undefined;
}

const LEFT_BEHIND = 'not selected; writable, its contents stay behind';
