import type { DomainConnection, Host } from '../domain.js';
import type { MigrationEvent } from '../events.js';
import type { MigrationSnapshot } from '../job.js';
import type { MigrationPlan } from '../migration-plan.js';
import type { PhaseRunner } from '../phase-runner.js';
import type { Problem } from '../problem.js';
import type { DiskResult } from '../result.js';
import type { EngineSabotage } from './engine-sabotage.js';
import type { Standstill } from './standstill.js';

/** Moves a guest and its disks; made for one migration. */
export interface Strategy {
  /** Runs from `prepare` to `confirm`; resolves with how long the guest stood still, as far as it is known. */
  run(): Promise<Standstill | undefined>;
  /** Bytes per second, all disks together; 0 lifts the limit. */
  setBandwidth(bytesPerSecond: number): void;
  /** Rounds over all disks, the last one included. */
  readonly rounds: number;
  /** What has been done, disk by disk. */
  results(): DiskResult[];
  progress(): MigrationSnapshot['disks'];
}

/** What a migration gives its strategy. */
export interface StrategyContext {
  readonly id: string;
  /** Undoes what a strategy has told it when the strategy fails. */
  readonly phases: PhaseRunner;
  /** The user's, and every other cause to stop. */
  readonly signal: AbortSignal;
  /** Bytes per second, all disks together; `undefined`: no limit. */
  readonly bandwidth: number | undefined;
  readonly emit: (event: MigrationEvent, key?: string) => void;
  /** Stops the migration; the first cause wins. */
  readonly stop: (cause: Error) => void;
  readonly internals: MigrationInternals;
}

/** Options that were checked as far as that can be done without a host. */
export interface Planner {
  readonly bandwidth: number | undefined;
  readonly timeoutMs: number | undefined;
  /** Reads only. */
  plan(domain: DomainConnection, host: Host): Promise<PlannedMigration>;
}

/** What a migration would do, and the way to do it. */
export interface PlannedMigration {
  readonly plan: MigrationPlan;
  /** Only of a plan without problems. */
  start(context: StrategyContext): Strategy;
}

/** What users have no need to set. @internal */
export interface MigrationInternals {
  /** The error of a plan's problems. @default `refusal` */
  readonly refuse?: (problems: readonly Problem[]) => Error;
  readonly sabotage?: EngineSabotage;
  /** How long both sides may take to say what became of the guest. @default 60 000 */
  readonly handOverTimeoutMs?: number;
  /** For the answer to a QMP command. @default 10 000 */
  readonly commandTimeoutMs?: number;
}

/** Default of `handOverTimeoutMs`. */
export const HAND_OVER_TIMEOUT_MS = 60_000;
