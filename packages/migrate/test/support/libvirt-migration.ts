import type { LibvirtPair, Side } from '@blockferry/lab';
import { expect } from 'vitest';
import {
  type MigrateOptions,
  type MigrationError,
  type MigrationEvent,
  type MigrationJob,
  type MigrationResult,
  PHASES,
  startMigration,
} from '../../src/index.js';

/** A migration that has ended, and what it told. */
export interface Ended {
  readonly result: MigrationResult;
  readonly error: MigrationError | undefined;
  readonly events: readonly MigrationEvent[];
}

/** Starts a migration of the guest of a pair, from one side to the other. */
export function startOn(
  { domain, source, destination }: LibvirtPair,
  options: Partial<MigrateOptions>,
): MigrationJob {
  return startMigration({ from: source.uri, to: destination.uri, domain, ...options });
}

/** The end of a migration, good or bad. */
export async function ended(job: MigrationJob): Promise<Ended> {
  const error = await job.done.then(
    () => undefined,
    (thrown: MigrationError) => thrown,
  );
  const events: MigrationEvent[] = [];
  for await (const event of job.events()) events.push(event);
  const last = events.at(-1);
  if (last?.type !== 'result') throw new Error('the last event is no result');
  return { result: last, error, events };
}

/** Resolves once the copy of a disk has begun. */
export async function copying(job: MigrationJob): Promise<void> {
  for await (const event of job.events()) if (event.type === 'progress' && event.bytesDone > 0) return;
  throw new Error('it ended before it copied anything');
}

/** Each phase was announced once and in order; the progress of each disk came, and never went back. */
export function expectEvents({ events }: Ended, disks: readonly string[]): void {
  expect(events.filter((event) => event.type === 'phase').map(({ phase }) => phase)).toEqual(PHASES);
  const progress = events.filter((event) => event.type === 'progress');
  expect([...new Set(progress.map(({ disk }) => disk))].sort()).toEqual([...disks].sort());
  for (const disk of disks) {
    const done = progress.filter((event) => event.disk === disk).map(({ bytesDone }) => bytesDone);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(progress.findLast((event) => event.disk === disk)?.bytesLeft).toBe(0);
  }
}

/** The guest beats on one side, has lost nothing, and the other side does not know it. */
export async function expectGuestAlone(pair: LibvirtPair, side: Side): Promise<void> {
  const { bad, errors } = await pair[side].waitMoreBeats(2);
  expect({ bad, errors }).toEqual({ bad: 0, errors: 0 });
  const other = side === 'source' ? 'destination' : 'source';
  expect((await pair[side].virsh('domstate', pair.domain)).stdout.trim()).toBe('running');
  expect((await pair[other].virsh('list', '--all', '--name')).stdout.split('\n')).not.toContain(pair.domain);
}
