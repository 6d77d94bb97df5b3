import type { DiskInfo } from '../disk-info.js';
import type { Problem } from '../problem.js';
import type { Decision } from './selection.js';

export interface PairingRequest {
  readonly diskMap: Readonly<Record<string, string>>;
  readonly allowLarger: boolean;
}

export interface Pair<S extends DiskInfo, D extends DiskInfo> {
  readonly disk: string;
  readonly source: S;
  readonly destination: D;
}

export interface Pairing<S extends DiskInfo, D extends DiskInfo> {
  readonly pairs: readonly Pair<S, D>[];
  readonly problems: readonly Problem[];
}

/** Finds the destination of every disk that moves: the one of the same name, or the one it is mapped to. */
export function pairDisks<S extends DiskInfo, D extends DiskInfo>(
  decisions: readonly Decision<S>[],
  destinations: readonly D[],
  request: PairingRequest,
): Pairing<S, D> {
  const problems = mapProblems(decisions, request.diskMap);
  const pairs: Pair<S, D>[] = [];
  const taken = new Map<D, string>();
  for (const { info, disk, action } of decisions) {
    // What has no medium is refused for that; what the destination has for it makes no difference.
    if (action !== 'move' || info.empty) continue;
    const destination = findDestination(info, disk, destinations, request.diskMap, problems);
    if (destination === undefined) continue;
    const other = taken.get(destination);
    if (other !== undefined) {
      problems.push({
        code: 'INVALID_ARGUMENT',
        disk,
        message: `${other} and ${disk} would both be written to the destination's ${destination.disk}: map one elsewhere (--disk-map).`,
      });
      continue;
    }
    taken.set(destination, disk);
    problems.push(...destinationProblems(info, disk, destination, request.allowLarger));
    pairs.push({ disk, source: info, destination });
  }
  return { pairs, problems };
}

function mapProblems(
  decisions: readonly Decision<DiskInfo>[],
  diskMap: Readonly<Record<string, string>>,
): Problem[] {
  return Object.keys(diskMap)
    .filter((from) => !decisions.some(({ info, action }) => action === 'move' && info.names.includes(from)))
    .map((from) => ({
      code: 'DISK_NOT_FOUND' as const,
      disk: from,
      message: `The disk map names ${from}, which is no disk that moves.`,
    }));
}

function findDestination<D extends DiskInfo>(
  info: DiskInfo,
  disk: string,
  destinations: readonly D[],
  diskMap: Readonly<Record<string, string>>,
  problems: Problem[],
): D | undefined {
  const [mapped, ...others] = new Set(
    info.names.filter((name) => Object.hasOwn(diskMap, name)).map((name) => diskMap[name]),
  );
  if (others.length > 0) {
    problems.push({
      code: 'INVALID_ARGUMENT',
      disk,
      message: `The disk map sends ${disk} to ${[mapped, ...others].join(' and to ')}: leave one.`,
    });
    return undefined;
  }
  // The name that the user gave counts first, then the others in their order. One that QEMU made up (#block123)
  // is chance: a disk of that name on the other side is another one.
  const wanted = mapped !== undefined ? [mapped] : [disk, ...info.names].filter((name) => name[0] !== '#');
  for (const name of wanted) {
    const found = destinations.filter((candidate) => candidate.names.includes(name));
    if (found.length > 1) {
      problems.push({
        code: 'DISK_AMBIGUOUS',
        disk,
        message: `${name} names ${found.length} disks of the destination: map ${disk} to another of their names (--disk-map).`,
      });
      return undefined;
    }
    if (found[0] !== undefined) return found[0];
  }
  const known = destinations.map((candidate) => candidate.disk).join(', ') || 'none';
  problems.push({
    code: 'DESTINATION_MISSING',
    disk,
    message: `The destination has no disk ${mapped ?? disk} (${info.size} bytes) for ${disk}; it has ${known}.`,
  });
  return undefined;
}

function destinationProblems(
  source: DiskInfo,
  disk: string,
  destination: DiskInfo,
  allowLarger: boolean,
): Problem[] {
  if (destination.empty || destination.readOnly) {
    const state = destination.empty ? 'has no medium' : 'is read-only';
    return [
      {
        code: destination.empty ? 'DESTINATION_MISSING' : 'DESTINATION_READ_ONLY',
        disk,
        message: `The destination's ${destination.disk} ${state}: nothing can be written there.`,
      },
    ];
  }
  if (destination.size < source.size || (destination.size > source.size && !allowLarger)) {
    const hint = destination.size > source.size ? ', or allow it (--allow-larger)' : '';
    return [
      {
        code: 'DESTINATION_SIZE',
        disk,
        message: `${disk} has ${source.size} bytes, the destination's ${destination.disk} has ${destination.size}: make them equal${hint}.`,
      },
    ];
  }
  return [];
}
