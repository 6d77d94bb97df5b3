import { RateLimiter } from '@blockferry/nbd';
import { matchEnds } from '../ends.js';
import type { MigrationPlan } from '../migration-plan.js';
import { type NormalizedOptions, normalizeOptions } from '../normalized-options.js';
import type { MigrateOptions } from '../options.js';
import { pairDisks } from '../policy/pairing.js';
import { leftBehindWarnings, select } from '../policy/selection.js';
import type { DiskPair, HostPort, SourcePort } from '../ports.js';
import type { Problem } from '../problem.js';
import { EngineStrategy } from './engine.js';
import { plannedDisk } from './planned-disk.js';
import {
  HAND_OVER_TIMEOUT_MS,
  type PlannedMigration,
  type Planner,
  type Strategy,
  type StrategyContext,
} from './strategy.js';

/** Plans what our own copier moves. */
export function enginePlanner(options: MigrateOptions): Planner {
  const normalized = normalizeOptions(options);
  const { bandwidth, timeoutMs } = normalized;
  return {
    bandwidth,
    timeoutMs,
    async plan(domain, host) {
      const ends = matchEnds(domain, host);
      if (ends.strategy !== 'engine') throw new RangeError('These are ends of another strategy.');
      return planBetween({ ...ends, from: domain.uri, to: host.uri }, normalized);
    },
  };
}

interface EngineEnds {
  readonly source: SourcePort;
  readonly host: HostPort;
  readonly from: string;
  readonly to: string;
}

async function planBetween(ends: EngineEnds, options: NormalizedOptions): Promise<PlannedMigration> {
  const { source, host } = ends;
  source.checkAddresses(host, options.addresses);
  const [disks, destinations] = await Promise.all([source.disks(), host.disks()]);
  const selection = select(disks, options);
  const copies = selection.decisions.some(({ action }) => action === 'move');
  const [sourceProblems, hostProblems] = await Promise.all([source.problems(copies), host.problems(copies)]);
  const pairing = pairDisks(selection.decisions, destinations, options);
  const problems: Problem[] = [
    ...options.problems,
    ...sourceProblems,
    ...hostProblems,
    ...selection.problems,
    ...pairing.problems,
  ];
  const planned = selection.decisions.map((decision) => {
    const there = pairing.pairs.find(({ source }) => source === decision.info)?.destination;
    return plannedDisk(decision, there && { disk: there.disk, size: there.size });
  });
  const plan: MigrationPlan = {
    ok: problems.length === 0,
    from: ends.from,
    to: ends.to,
    strategy: 'engine',
    disks: planned,
    problems,
    warnings: options.unsafe ? leftBehindWarnings(selection.decisions) : [],
    estimateBytes: planned.reduce((sum, { estimateBytes }) => sum + estimateBytes, 0),
  };
  return { plan, start: (context) => start(ends, pairing.pairs, options, context) };
}

function start(
  { source, host }: EngineEnds,
  disks: readonly DiskPair[],
  options: NormalizedOptions,
  context: StrategyContext,
): Strategy {
  const { id, phases, signal, bandwidth, emit, stop, internals } = context;
  const { maxDowntimeMs, allowLarger, verify, addresses } = options;
  const session = source.open(host, {
    id,
    disks,
    addresses,
    maxDowntimeMs,
    undo: (what, action, where) => phases.onFailure(what, action, where),
    log: (level, message) => emit({ type: 'log', level, message }),
    fail: stop,
    handOverTimeoutMs: internals.handOverTimeoutMs ?? HAND_OVER_TIMEOUT_MS,
  });
  return new EngineStrategy({
    session,
    disks,
    phases,
    limiter: new RateLimiter(bandwidth),
    maxDowntimeMs,
    allowLarger,
    verify,
    signal,
    emit,
    sabotage: internals.sabotage ?? {},
  });
}
