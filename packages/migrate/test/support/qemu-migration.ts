import type { LabVm, QemuPair } from '@blockferry/lab';
import { expect } from 'vitest';
import type {
  MigrateOptions,
  MigrationError,
  MigrationEvent,
  MigrationResult,
  Phase,
} from '../../src/index.js';
import { startMigrationWith } from '../../src/migration.js';
import type { MigrationInternals } from '../../src/strategy/strategy.js';
import { expectRunsOnce } from './runs-once.js';

export interface Ends {
  readonly source: LabVm;
  readonly destination: LabVm;
}

export interface Outcome {
  readonly result: MigrationResult;
  readonly error: MigrationError | undefined;
  readonly events: readonly MigrationEvent[];
}

/** Migrates every disk, if nothing else is said, and resolves with how it ended. */
export async function migrate(
  ends: Ends,
  options: Partial<MigrateOptions> = {},
  onEvent: (event: MigrationEvent) => unknown = () => {},
  internals: MigrationInternals = {},
): Promise<Outcome> {
  const job = startMigrationWith({ from: ends.source.uri, to: ends.destination.uri, ...options }, internals);
  const events: MigrationEvent[] = [];
  for await (const event of job.events()) {
    events.push(event);
    await onEvent(event);
  }
  return job.done.then(
    (result) => ({ result, error: undefined, events }),
    (error: MigrationError) => ({ result: error.result as MigrationResult, error, events }),
  );
}

/** Like `migrate`, of one that has to fail. */
export async function failed(...args: Parameters<typeof migrate>): Promise<MigrationError> {
  const { error } = await migrate(...args);
  return error ?? expect.fail('it went through');
}

export function isPhase(event: MigrationEvent, phase: Phase): boolean {
  return event.type === 'phase' && event.phase === phase;
}

export async function statusOf(vm: LabVm): Promise<string> {
  return (await vm.cmd<{ status: string }>('query-status')).status;
}

/** The guest runs on that side and on no other, and finds its disks as it knows them. */
export async function goesOn(ends: Ends, side: keyof Ends): Promise<void> {
  expect(await ends[side].waitMoreBeats(1)).toMatchObject({ bad: 0, errors: 0 });
  expect(await statusOf(ends[side])).toBe('running');
  expectRunsOnce(ends.source, ends.destination);
}

/** Ends both sides; every disk on that side has to hold all that the guest has said to be flushed. */
export async function verified(pair: QemuPair, side: keyof Ends): Promise<void> {
  await pair.end();
  for (const { name } of pair.disks) expect(await pair.verify(side, name)).toMatchObject({ status: 'ok' });
}
