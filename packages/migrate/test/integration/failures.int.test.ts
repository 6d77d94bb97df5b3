import { type Leftovers, leftovers, QemuPair, requires } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import {
  type MigrateOptions,
  type MigrationError,
  type MigrationEvent,
  startMigration,
} from '../../src/index.js';

const lab = requires('guest', 'qemu-system-x86_64', 'qemu-img');

describe.skipIf(!lab.available)(`what goes wrong between two QEMUs ${lab.reason ?? ''}`, () => {
  it('leaves the guest on a clean source when the destination is killed in the bulk', async () => {
    await using pair = await QemuPair.start({ rateMiB: 8 });
    const before = await leftovers(pair.source);
    const error = await fail(pair, {}, (event) => {
      if (event.type === 'phase' && event.phase === 'bulk') pair.destination.signal('SIGKILL');
    });
    expect(error).toMatchObject({ side: 'destination', phase: 'bulk', result: { ok: false, exit: 1 } });
    expect(error.code).toMatch(/^(NBD_DISCONNECTED|QMP_CLOSED)$/);
    await stillThere(pair, before);
  });

  it('rolls back when the time is up', async () => {
    await using pair = await QemuPair.start({ rateMiB: 8 });
    const before = await leftovers(pair.source);
    const waiting = await leftovers(pair.destination);
    const error = await fail(pair, { bandwidth: 4 * 1024 * 1024, timeoutMs: 1500 });
    expect(error).toMatchObject({ code: 'TIMEOUT', result: { exit: 5 } });
    await stillThere(pair, before);
    expect(await leftovers(pair.destination)).toEqual(waiting);
  });

  for (const side of ['source', 'destination'] as const) {
    it(`does not touch an NBD server that runs on the ${side} already`, async () => {
      await using pair = await QemuPair.start({ rateMiB: 1 });
      const path = `${pair.directory}/others.sock`;
      await pair[side].cmd('nbd-server-start', { addr: { type: 'unix', data: { path } } });
      const before = await leftovers(pair.source);
      const waiting = await leftovers(pair.destination);
      const error = await fail(pair, {});
      expect(error).toMatchObject({ code: 'NBD_SERVER_BUSY', side, result: { exit: 10 } });
      await stillThere(pair, before);
      expect(await leftovers(pair.destination)).toEqual(waiting);
    });
  }

  it('notices a snapshot that moves the source away from its bitmap', async () => {
    await using pair = await QemuPair.start({ rateMiB: 8 });
    const before = await leftovers(pair.source);
    let taken = false;
    const error = await fail(pair, {}, async (event) => {
      if (taken || event.type !== 'phase' || event.phase !== 'precopy') return;
      taken = true;
      await pair.source.cmd('blockdev-snapshot-sync', {
        'node-name': 'vda',
        'snapshot-file': `${pair.directory}/overlay.qcow2`,
        'snapshot-node-name': 'overlay',
      });
    });
    expect(error).toMatchObject({ code: 'SOURCE_CHANGED', side: 'source', disk: 'vda', result: { exit: 1 } });
    expect(await pair.source.waitMoreBeats(1)).toMatchObject({ bad: 0, errors: 0 });
    // The overlay is the user's; of ours there is nothing.
    const { exports, nodes, capabilities, migrationParameters, listeners } = await leftovers(pair.source);
    expect(Object.values(nodes).flat()).toEqual([]);
    expect(before).toMatchObject({ exports, capabilities, migrationParameters, listeners });
  });

  it('refuses a destination that does not wait', async () => {
    await using pair = await QemuPair.start({ rateMiB: 1 });
    const backwards = { from: pair.destination.uri, to: pair.source.uri, unsafe: true };
    const error: MigrationError = await startMigration(backwards).done.catch((thrown) => thrown);
    expect(error.result?.exit).toBe(10);
    expect(error.problems.map(({ code }) => code)).toEqual(['SOURCE_NOT_READY', 'DESTINATION_NOT_WAITING']);
  });
});

/** Starts a migration that has to fail, and resolves with how it did. */
async function fail(
  pair: QemuPair,
  options: Partial<MigrateOptions>,
  onEvent: (event: MigrationEvent) => void | Promise<void> = () => {},
): Promise<MigrationError> {
  const ends = { from: pair.source.uri, to: pair.destination.uri, disks: ['vda', 'vdb'], unsafe: true };
  const job = startMigration({ ...ends, ...options });
  for await (const event of job.events()) await onEvent(event);
  return job.done.then(
    () => expect.fail('it went through'),
    (error: MigrationError) => error,
  );
}

async function stillThere(pair: QemuPair, before: Leftovers): Promise<void> {
  expect(await pair.source.cmd('query-status')).toMatchObject({ status: 'running' });
  expect(await leftovers(pair.source)).toEqual(before);
  expect(await pair.source.waitMoreBeats(1)).toMatchObject({ bad: 0, errors: 0 });
}
