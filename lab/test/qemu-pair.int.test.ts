import { existsSync } from 'node:fs';
import { migratePlainly, QemuPair, requires, sha256 } from '@blockferry/lab';
import { afterEach, describe, expect, it } from 'vitest';

const lab = requires('guest', 'qemu-system-x86_64', 'qemu-img');

describe.skipIf(!lab.available)('a pair of QEMUs', () => {
  let pair: QemuPair;
  afterEach(async () => {
    await pair[Symbol.asyncDispose]();
    expect(existsSync(pair.directory)).toBe(false);
  });

  it('has a guest that beats and writes, and whose disks are judged in the end', async () => {
    pair = await QemuPair.start();
    const { generations, bad, errors } = await pair.source.waitBeats(3);
    expect(generations['vda']).toBeGreaterThan(generations['vdb'] ?? 0);
    expect({ bad, errors }).toEqual({ bad: 0, errors: 0 });
    expect(() => pair.verify('source', 'vda')).toThrow('end()');
    await pair.end();
    for (const disk of ['vda', 'vdb', 'vdc']) {
      expect(await pair.verify('source', disk)).toMatchObject({ status: 'ok' });
      expect(await pair.verify('destination', disk)).toMatchObject({ status: 'blank' });
    }
  });

  it('approves a migration by QEMU itself, and finds the disk that was copied too early', async () => {
    pair = await QemuPair.start({ rateMiB: 8, dirtyTarget: true, sourceFormat: 'qcow2' });
    const untouched = await sha256(pair.image('destination', 'vdc'));
    await serveDestination(pair, ['vda', 'vdb']);
    await startMirror(pair, 'vda');
    await startMirror(pair, 'vdb');
    await finishMirror(pair, 'vdb'); // while the guest goes on writing to it
    await pair.source.waitMoreBeats(1);
    await migrateStopped(pair, () => finishMirror(pair, 'vda'));
    await pair.destination.waitMoreBeats(2);
    await pair.end();

    expect(pair.destination.beats.at(0)?.number).toBeGreaterThan(pair.source.beats.at(-1)?.number ?? 0);
    expect(await pair.verify('destination', 'vda')).toMatchObject({ status: 'ok' });
    expect(await pair.verify('destination', 'vdb')).toMatchObject({ status: 'damaged', bad: 0 });
    expect(await pair.verify('source', 'vda')).toMatchObject({ status: 'ok' });
    expect(await sha256(pair.image('destination', 'vdc'))).toBe(untouched);
  });

  it('migrates plainly, unless a capability was left behind', async () => {
    pair = await QemuPair.start();
    await migratePlainly(pair);
    await pair[Symbol.asyncDispose]();

    pair = await QemuPair.start();
    await pair.source.cmd('migrate-set-capabilities', {
      capabilities: [{ capability: 'pause-before-switchover', state: true }],
    });
    await expect(migratePlainly(pair)).rejects.toThrow('pre-switchover');
  });
});

async function serveDestination(pair: QemuPair, disks: readonly string[]): Promise<void> {
  const path = `${pair.directory}/nbd.sock`;
  await pair.destination.cmd('nbd-server-start', { addr: { type: 'unix', data: { path } } });
  for (const disk of disks) {
    const served = { type: 'nbd', id: `x-${disk}`, 'node-name': disk, name: disk, writable: true };
    await pair.destination.cmd('block-export-add', served);
    const server = { type: 'unix', path };
    const client = { driver: 'nbd', 'node-name': `to-${disk}`, server, export: disk };
    await pair.source.cmd('blockdev-add', client);
  }
}

async function startMirror(pair: QemuPair, disk: string): Promise<void> {
  const job = { 'job-id': `copy-${disk}`, device: disk, target: `to-${disk}`, sync: 'full' };
  await pair.source.cmd('blockdev-mirror', job);
  await pair.source.event('BLOCK_JOB_READY', ({ device }) => device === `copy-${disk}`);
}

async function finishMirror(pair: QemuPair, disk: string): Promise<void> {
  await pair.source.cmd('block-job-cancel', { device: `copy-${disk}` });
  const { data } = await pair.source.event('BLOCK_JOB_COMPLETED', ({ device }) => device === `copy-${disk}`);
  expect(data).not.toHaveProperty('error');
}

/** Runs `last` while the guest stands still between the two places. */
async function migrateStopped({ source, destination, directory }: QemuPair, last: () => Promise<void>) {
  const uri = `unix:${directory}/migrate.sock`;
  const on = (...names: string[]) => ({
    capabilities: names.map((capability) => ({ capability, state: true })),
  });
  await source.cmd('migrate-set-capabilities', on('events', 'pause-before-switchover'));
  await destination.cmd('migrate-set-capabilities', on('events', 'late-block-activate'));
  await destination.cmd('migrate-incoming', { uri });
  await source.cmd('migrate', { uri });
  await source.event('MIGRATION', ({ status }) => status === 'pre-switchover');
  await last();
  await destination.cmd('nbd-server-stop');
  await source.cmd('migrate-continue', { state: 'pre-switchover' });
  for (const vm of [source, destination]) await vm.event('MIGRATION', ({ status }) => status === 'completed');
  await destination.cmd('cont');
}
