import type { QmpClient, QmpEvent } from '@blockferry/qmp';
import { describe, expect, it } from 'vitest';
import { GuestWatch } from '../../../src/adapters/qemu/guest-watch.js';
import type { MigrationError } from '../../../src/index.js';

describe('what becomes of the guest meanwhile', () => {
  it('takes the stop of the switch for what it is', async () => {
    const { watch, hear } = await watching('running');
    hear('MIGRATION_PASS', { pass: 2 });
    hear('STOP', {}, { at: 70, status: 'finish-migrate' });
    hear('MIGRATION', { status: 'pre-switchover' });
    hear('MIGRATION_PASS', { pass: 3 });
    expect(await watch.ran()).toBe(true);
    expect(watch.stoppedAt).toBe(70);
  });

  it.each(['paused', 'io-error', 'shutdown'])("takes somebody's for one: %s", async (status) => {
    const { watch, hear } = await watching('running');
    hear('STOP', {}, { status });
    expect(await watch.ran()).toBe(false);
    expect(watch.stoppedAt).toBeUndefined();
  });

  it("takes somebody's for one though the switch came before QEMU's answer", async () => {
    const { watch, hear } = await watching('running');
    hear('STOP', {}, { status: 'finish-migrate' });
    hear('MIGRATION_PASS', { pass: 2 });
    hear('MIGRATION', { status: 'pre-switchover' });
    expect(await watch.ran()).toBe(false);
    expect(watch.stoppedAt).toBeUndefined();
  });

  it('knows of a guest that was let run again', async () => {
    const { watch, hear } = await watching('paused');
    expect(await watch.ran()).toBe(false);
    hear('RESUME');
    expect(await watch.ran()).toBe(true);
  });

  it('tells of a guest that is gone, once it watches and until it ends', async () => {
    const { watch, hear, failures } = await watching('running');
    hear('RESET', { guest: true, reason: 'guest-reset' });
    expect(failures).toEqual([]);
    hear('SHUTDOWN', { guest: true, reason: 'guest-shutdown' });
    expect(failures).toMatchObject([{ code: 'SOURCE_CHANGED', side: 'source' }]);
    expect(failures[0]?.message).toMatch(/^The guest shut down during the migration \(guest-shutdown\)/);
    watch.end();
    hear('SHUTDOWN', { guest: false, reason: 'host-signal' });
    expect(failures).toHaveLength(1);
  });
});

/** A watch of a guest in `status`; `hear` makes events, after which the guest may be in another. */
async function watching(status: string): Promise<{
  watch: GuestWatch;
  hear: (event: string, data?: object, then?: { at?: number; status?: string }) => void;
  failures: MigrationError[];
}> {
  const listeners = new Set<(event: QmpEvent) => void>();
  const failures: MigrationError[] = [];
  let now = status;
  const qmp = {
    on(listener: (event: QmpEvent) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    execute: async () => ({ status: now, running: now === 'running' }),
  };
  const watch = new GuestWatch(qmp as unknown as QmpClient, {
    fail: (error) => failures.push(error),
    log: () => {},
  });
  await watch.begin();
  const hear = (event: string, data: object = {}, then: { at?: number; status?: string } = {}): void => {
    now = then.status ?? now;
    const told = { event, data, at: then.at ?? 0, timestamp: { seconds: 0, microseconds: 0 } };
    for (const listener of listeners) listener(told as QmpEvent);
  };
  return { watch, hear, failures };
}
