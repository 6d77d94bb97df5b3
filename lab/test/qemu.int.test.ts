import { existsSync } from 'node:fs';
import { blankImage, LabVm, leftovers, QmpRefusal, requires, Scratch } from '@blockferry/lab';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const lab = requires('qemu-system-x86_64', 'qemu-img');

describe.skipIf(!lab.available)('a QEMU without a guest', () => {
  let scratch: Scratch;
  let vm: LabVm;
  const monitorPath = (): string => scratch.join('vm', 'qmp.sock');
  beforeEach(async () => {
    scratch = new Scratch();
    await blankImage(scratch.join('vda'), 16);
    vm = await LabVm.start({
      name: 'lone',
      directory: scratch.join('vm'),
      disks: [{ name: 'vda', path: scratch.join('vda') }],
      paused: true,
    });
  });
  afterEach(async () => {
    await vm.end();
    await scratch[Symbol.asyncDispose]();
  });

  it('leaves a monitor of its own to the product', () => {
    expect(vm.uri).toBe(`qmp+unix://${monitorPath()}`);
    expect(existsSync(monitorPath())).toBe(true);
  });

  it('tells refusals apart and hands each event out once', async () => {
    await expect(vm.cmd('nbd-server-stop')).rejects.toThrow(QmpRefusal);
    await vm.cmd('cont');
    await vm.event('RESUME');
    await vm.cmd('stop');
    await vm.event('STOP');
    await expect(vm.event('STOP', undefined, 1)).rejects.toThrow('event STOP');
    expect(vm.events.map((e) => e.event)).toEqual(['RESUME', 'STOP']);
  });

  it('has leftovers when something was left, each told apart, and none once it is gone', async () => {
    const before = await leftovers(vm);
    const nbd = scratch.join('nbd.sock');
    await vm.cmd('nbd-server-start', { addr: { type: 'unix', data: { path: nbd } } });
    await vm.cmd('block-export-add', { type: 'nbd', id: 'ours', 'node-name': 'vda' });
    await vm.cmd('block-dirty-bitmap-add', { node: 'vda', name: 'm0' });
    await vm.cmd('blockdev-add', {
      driver: 'null-co',
      'node-name': 'sink',
      size: 16 << 20,
      'read-zeroes': true,
    });
    const mirror = { 'job-id': 'copy', device: 'vda', target: 'sink', sync: 'full' };
    await vm.cmd('blockdev-mirror', mirror);
    await vm.cmd('object-add', { 'qom-type': 'throttle-group', id: 'slow' });
    await setCapability(vm, true);
    await vm.cmd('migrate-set-parameters', { 'downtime-limit': 77 });

    const after = await leftovers(vm);
    expect(after.exports).toEqual(['ours']);
    expect(after.nodes['vda']).toEqual(['m0']);
    expect(after.nodes).toHaveProperty('sink');
    expect(after.jobs).toEqual(['mirror copy']);
    expect(after.objects).toContain('slow');
    expect(after.capabilities).toEqual(['pause-before-switchover']);
    expect(after.migrationParameters['downtime-limit']).toBe(77);
    expect(after.listeners).toEqual([`unix:${monitorPath()}`, `unix:${nbd}`].sort());

    await setCapability(vm, false);
    await vm.cmd('migrate-set-parameters', { 'downtime-limit': 300 });
    await vm.cmd('object-del', { id: 'slow' });
    await vm.cmd('block-job-cancel', { device: 'copy', force: true });
    await vm.event('JOB_STATUS_CHANGE', ({ id, status }) => id === 'copy' && status === 'null');
    await vm.cmd('blockdev-del', { 'node-name': 'sink' });
    await vm.cmd('block-dirty-bitmap-remove', { node: 'vda', name: 'm0' });
    await vm.cmd('block-export-del', { id: 'ours' });
    const serverAlone = await leftovers(vm);
    expect(serverAlone).not.toEqual(before);
    await vm.cmd('nbd-server-stop');
    expect(await leftovers(vm)).toEqual(before);
  });

  it('sees a server on TCP as well', async () => {
    await vm.cmd('nbd-server-start', { addr: { type: 'inet', data: { host: '127.0.0.1', port: '0' } } });
    const [tcp] = (await leftovers(vm)).listeners;
    expect(tcp).toMatch(/^tcp:0100007F:/);
  });

  it('ends even when it hangs', async () => {
    vm.signal('SIGSTOP');
    await vm.end();
    expect(vm.running).toBe(false);
    await expect(vm.cmd('query-status')).rejects.toThrow('query-status');
  });

  it('says why it did not start', async () => {
    const start = LabVm.start({
      name: 'broken',
      directory: scratch.join('broken'),
      disks: [{ name: 'vda', path: scratch.join('nothing') }],
    });
    await expect(start).rejects.toThrow('No such file');
  });
});

async function setCapability(vm: LabVm, state: boolean): Promise<void> {
  await vm.cmd('migrate-set-capabilities', {
    capabilities: [{ capability: 'pause-before-switchover', state }],
  });
}
