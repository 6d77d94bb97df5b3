import type { DomainConnection, Host } from './domain.js';
import type { MigrationPlan, PlannedDisk } from './migration-plan.js';
import { type NormalizedOptions, normalizeOptions } from './normalized-options.js';
import { openEnds } from './open.js';
import type { MigrateOptions } from './options.js';
import { pairDisks } from './policy/pairing.js';
import { select } from './policy/selection.js';
import type { DiskPair } from './ports.js';
import type { Problem } from './problem.js';

/**
 * Says what a migration would do, and everything that stands against it: a plan with problems is no error. Reads only.
 *
 * @throws {MigrationError} `INVALID_ARGUMENT` for options that no host could take; `QMP_*` where a monitor cannot be
 * reached or does not answer.
 */
export async function plan(options: MigrateOptions): Promise<MigrationPlan> {
  const normalized = normalizeOptions(options);
  const { from, to, signal } = options;
  await using ends = await openEnds({ from, to, ...(signal === undefined ? {} : { signal }) });
  return (await planBetween(ends.domain, ends.host, normalized)).plan;
}

/** The plan, and the pairs of disks that it moves. */
export async function planBetween(
  domain: DomainConnection,
  host: Host,
  options: NormalizedOptions,
): Promise<{ plan: MigrationPlan; pairs: DiskPair[] }> {
  domain.port.checkAddresses(host.port, options.addresses);
  const [disks, destinations] = await Promise.all([domain.port.disks(), host.port.disks()]);
  const selection = select(disks, options);
  const copies = selection.decisions.some(({ action }) => action === 'move');
  const [sourceProblems, hostProblems] = await Promise.all([
    domain.port.problems(copies),
    host.port.problems(copies),
  ]);
  const pairing = pairDisks(selection.decisions, destinations, options);
  const problems: Problem[] = [
    ...options.problems,
    ...sourceProblems,
    ...hostProblems,
    ...selection.problems,
    ...pairing.problems,
  ];
  const planned = selection.decisions.map(({ info, disk, action, reason }): PlannedDisk => {
    const destination = pairing.pairs.find(({ source }) => source === info)?.destination;
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
      ...(destination === undefined
        ? {}
        : { destination: { disk: destination.disk, size: destination.size } }),
    };
  });
  const plan: MigrationPlan = {
    ok: problems.length === 0,
    from: domain.uri,
    to: host.uri,
    strategy: 'engine',
    disks: planned,
    problems,
    warnings: warnings(planned, options),
    estimateBytes: planned.reduce((sum, { estimateBytes }) => sum + estimateBytes, 0),
  };
  return { plan, pairs: [...pairing.pairs] };
}

function warnings(disks: readonly PlannedDisk[], options: NormalizedOptions): string[] {
  return disks
    .filter((disk) => options.unsafe && disk.action === 'stay' && disk.reason.startsWith('not selected'))
    .map(
      ({ disk }) =>
        `${disk} is writable and stays behind: the guest will see the destination's ${disk} instead.`,
    );
}
