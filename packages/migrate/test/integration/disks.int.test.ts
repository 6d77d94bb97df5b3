import { copyFile, stat, writeFile } from 'node:fs/promises';
import { type LabVm, QemuPair, requires, Scratch, sha256 } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { plan } from '../../src/index.js';
import { BarePair } from '../support/bare-pair.js';
import { moveGuest } from '../support/moved-guest.js';
import { failed, isPhase } from '../support/qemu-migration.js';

const lab = requires('guest', 'qemu-system-x86_64', 'qemu-img');
const MIB = 2 ** 20;

describe.skipIf(!lab.available)(`disks of every kind move ${lab.reason}`, () => {
  it('filtered, shared, on SCSI, on an I/O thread; read-only and removable ones stay', async () => {
    const written = { sizeMiB: 16, filledMiB: 8, rateKiB: 512 };
    const drives = [
      ...['-object', 'iothread,id=io0'],
      ...['-blockdev', `driver=null-co,node-name=iso,size=${2 * MIB},read-zeroes=on,read-only=on`],
      ...['-device', 'ide-cd,id=cd0,drive=iso,bus=ide.0', '-device', 'ide-cd,id=cd1,bus=ide.1'],
    ];
    await using pair = await QemuPair.start({
      disks: [
        { name: 'vda', ...written, throttle: 8 * MIB, device: 'iothread=io0' },
        { name: 'vdb', ...written, device: 'share-rw=on' },
        { name: 'vdc', ...written, rateKiB: 0, readOnly: true },
        { name: 'sda', ...written, kind: 'virtio-scsi' },
      ],
      dirtyTarget: true,
      sourceArguments: drives,
      destinationArguments: drives,
    });
    const ends = { from: pair.source.uri, to: pair.destination.uri };
    const { disks } = await plan({ ...ends, disks: 'default' });
    expect(disks.map(({ disk, action }) => `${disk} ${action}s`)).toEqual([
      'vda-throttle moves',
      'vdb stays',
      'vdc stays',
      'sda moves',
      'iso stays',
      'cd1 stays',
    ]);

    const untouched = await sha256(pair.image('destination', 'vdc'));
    let nodes: { exported: unknown[]; marked: unknown } | undefined;
    const result = await moveGuest(
      pair,
      ['vda', 'vdb', 'sda'],
      { disks: ['disk-vda', 'vdb', 'disk-sda'], allowShared: true },
      async (event) => {
        if (!isPhase(event, 'bulk')) return;
        nodes = {
          exported: await Promise.all([exportedNodes(pair.source), exportedNodes(pair.destination)]),
          marked: await markedNodes(pair.source),
        };
      },
    );
    expect(result.disks.map(({ disk }) => disk)).toEqual(['disk-vda', 'vdb', 'disk-sda']);
    const below = ['sda', 'vda', 'vdb'];
    expect(nodes).toEqual({ exported: [below, below], marked: below });
    expect(await sha256(pair.image('destination', 'vdc'))).toBe(untouched);
  });

  it('drives without ids, to others like them and to a device with an id', async () => {
    const disk = { sizeMiB: 16, filledMiB: 8, rateKiB: 512, kind: 'drive' } as const;
    await using pair = await QemuPair.start({
      disks: [
        { name: 'vda', ...disk, destinationKind: 'virtio-blk' },
        { name: 'vdb', ...disk },
      ],
      sourceFormat: 'qcow2',
    });
    const options = { diskMap: { virtio0: 'disk-vda', virtio1: 'virtio0' } };
    const { disks } = await moveGuest(pair, ['vda', 'vdb'], options);
    expect(disks.map((moved) => moved.disk)).toEqual(['virtio0', 'virtio1']);
  });

  it('one alone, whose size is no multiple of anything, onto another format', async () => {
    const sizeMiB = 33 + (3 * 4096 + 512) / MIB;
    await using pair = await QemuPair.start({
      disks: [{ name: 'vda', sizeMiB, filledMiB: 33, rateKiB: 4096 }],
      destinationFormat: 'qcow2',
      dirtyTarget: true,
    });
    await moveGuest(pair, ['vda']);
  });

  it('sixteen at once', async () => {
    const names = [...'abcdefghijklmnop'].map((letter) => `vd${letter}`);
    await using pair = await QemuPair.start({
      disks: names.map((name) => ({ name, sizeMiB: 4, filledMiB: 2, rateKiB: 64 })),
    });
    const warnings: Error[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warn);
    const { disks } = await moveGuest(pair, names).finally(() => process.off('warning', warn));
    expect(disks.map(({ disk }) => disk)).toEqual(names);
    // Such as that of many listeners on one signal.
    expect(warnings).toEqual([]);
  });

  it('without flash, which the state stream carries and the destination writes to its own', async () => {
    await using scratch = new Scratch();
    const [here, there] = [scratch.join('source'), scratch.join('destination')];
    await copyFile(FIRMWARE, here);
    await writeFile(there, Buffer.alloc((await stat(here)).size));
    const flash = (path: string): string[] => [
      ...['-blockdev', `driver=file,node-name=flash,filename=${path}`, '-machine', 'pflash0=flash'],
    ];
    await using pair = await QemuPair.start({
      disks: [{ name: 'vda', sizeMiB: 8, filledMiB: 4, rateKiB: 512 }],
      sourceArguments: flash(here),
      destinationArguments: flash(there),
    });
    const { disks } = await moveGuest(pair, ['vda']);
    expect(disks.map(({ disk }) => disk)).toEqual(['vda']);
    expect(await sha256(there)).toBe(await sha256(here));
  });
});

describe.skipIf(!lab.available)(`a snapshot below a filter ${lab.reason}`, () => {
  it('moves the node away from its bitmap, and is noticed', async () => {
    await using pair = await BarePair.start({ source: { disks: [{ name: 'vda', throttle: 100 * MIB }] } });
    const error = await failed(pair, { disks: ['disk-vda'], bandwidth: MIB, unsafe: true }, async (event) => {
      if (!isPhase(event, 'bulk')) return;
      await pair.source.cmd('blockdev-snapshot-sync', {
        'node-name': 'vda',
        'snapshot-file': pair.path('source', 'overlay'),
        'snapshot-node-name': 'overlay',
      });
    });
    expect(error).toMatchObject({ code: 'SOURCE_CHANGED', side: 'source', disk: 'disk-vda' });
    expect(error.message).toContain('overlay');
  });
});

async function exportedNodes(vm: LabVm): Promise<string[]> {
  const exports = await vm.cmd<{ 'node-name': string }[]>('query-block-exports');
  return exports.map((one) => one['node-name']).sort();
}

async function markedNodes(vm: LabVm): Promise<string[]> {
  const nodes = await vm.cmd<{ 'node-name': string; 'dirty-bitmaps'?: object[] }[]>(
    'query-named-block-nodes',
    {
      flat: true,
    },
  );
  return nodes
    .filter((node) => node['dirty-bitmaps'] !== undefined)
    .map((node) => node['node-name'])
    .sort();
}

const FIRMWARE = '/usr/share/seabios/bios-256k.bin';
