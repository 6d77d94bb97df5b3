import { type QmpClient, QmpError } from '@blockferry/qmp';
import { describe, expect, it } from 'vitest';
import { type QemuDisk, queryDisks, virtualSize } from '../../../src/adapters/qemu/disks.js';
import { select } from '../../../src/policy/selection.js';
import { type Exchange, readExchanges, recordedQmp } from '../../support/recorded-qmp.js';

const recorded = readExchanges('disks');
const MIB = 1 << 20;

describe.each([
  ['10.0', recorded],
  ['7.2', readExchanges('disks-7.2')],
])('the disks of a real QEMU %s', (_release, recorded) => {
  const found = async (name: string): Promise<QemuDisk | undefined> =>
    (await queryDisks(recordedQmp(recorded))).find(({ names }) => names.includes(name));

  it("are all there, in QEMU's order, each with an id of its own", async () => {
    const disks = await queryDisks(recordedQmp(recorded));
    expect(disks.map(({ disk }) => disk)).toEqual([
      'virtio0',
      'drive-log',
      'ide2-cd0',
      'ide3-cd0',
      'data',
      'anonymous',
      'cluster',
      'golden',
      'scsi',
      'quorum',
      'top',
      'cd0',
    ]);
    expect(new Set(disks.map(({ id }) => id)).size).toBe(disks.length);
  });

  it.each([
    ['alias and an anonymous device', 'virtio0', ['virtio0', expect.stringMatching(/^#block/)]],
    ['alias, a device with an id and a node', 'log', ['drive-log', 'disk-log', 'log']],
    ['node and a virtio device with an id', 'data', ['vdb', 'data']],
    ['node and a SCSI device with an id', 'scsi', ['sda', 'scsi']],
    ['node and an anonymous device', 'anonymous', ['anonymous']],
    ['device alone', 'cd0', ['cd0']],
  ])('go by every name, the alias first, then the device, then the node: %s', async (_, name, names) => {
    expect((await found(name))?.names).toEqual(names);
  });

  it('are none where no guest device uses them, nor where the device is a flash chip', async () => {
    const names = (await queryDisks(recordedQmp(recorded))).flatMap((disk) => disk.names);
    expect(names).not.toContain('spare');
    expect(names).not.toContain('vars');
  });

  it('are exported and tracked below their filters, and named by what the device stands on', async () => {
    expect(await found('vde')).toMatchObject({ names: ['vde', 'top'], root: 'top', node: 'busy' });
    expect(await found('data')).toMatchObject({ root: 'data', node: 'data' });
    expect(await found('cd0')).toMatchObject({ root: '', node: '' });
  });

  it("have the guest's size, and what their image takes of the host", async () => {
    expect(await found('virtio0')).toMatchObject({ size: 64 * MIB, allocatedBytes: 200704 });
    expect(await found('data')).toMatchObject({ size: MIB, allocatedBytes: 4096, node: 'data' });
  });

  it('are shareable when their device says so, virtio and SCSI alike', async () => {
    const disks = await queryDisks(recordedQmp(recorded));
    expect(disks.filter(({ shareable }) => shareable).map(({ disk }) => disk)).toEqual(['cluster', 'quorum']);
  });

  it('are read-only and empty as QEMU tells', async () => {
    const disks = await queryDisks(recordedQmp(recorded));
    expect(disks.filter(({ readOnly }) => readOnly).map(({ disk }) => disk)).toEqual(['ide3-cd0', 'golden']);
    expect(disks.filter(({ empty }) => empty)).toEqual([
      expect.objectContaining({ disk: 'ide2-cd0', size: 0, allocatedBytes: 0 }),
      expect.objectContaining({ disk: 'cd0', size: 0, allocatedBytes: 0 }),
    ]);
  });

  it('move by default when the guest alone writes to them', async () => {
    const request = { disks: 'default', assumeShared: [], allowShared: false, unsafe: false } as const;
    const { decisions, problems } = select(await queryDisks(recordedQmp(recorded)), request);
    expect(decisions.filter(({ action }) => action === 'move').map(({ disk }) => disk)).toEqual([
      'virtio0',
      'drive-log',
      'data',
      'anonymous',
      'scsi',
      'top',
    ]);
    expect(problems).toEqual([]);
  });
});

describe('a monitor that does not answer', () => {
  it.each(['QMP_TIMEOUT', 'QMP_CLOSED', 'ABORTED'] as const)(
    'is not taken for a disk that nobody shares (%s)',
    async (code) => {
      const qmp = recordedQmp(recorded);
      const execute = async (command: string, given?: object): Promise<unknown> => {
        if (command !== 'qom-get') return qmp.execute(command, given as never);
        throw new QmpError(code, 'No answer.');
      };
      await expect(queryDisks({ execute } as unknown as QmpClient)).rejects.toMatchObject({ code });
    },
  );
});

describe('a size that cannot be counted exactly', () => {
  it('is refused, not rounded', async () => {
    const changed = structuredClone(recorded) as { return: { inserted: { image: object } }[] }[] & Exchange[];
    Object.assign(changed[0]?.return[0]?.inserted.image ?? {}, { 'virtual-size': 2n ** 53n });
    await expect(queryDisks(recordedQmp(changed))).rejects.toMatchObject({
      name: 'MigrationError',
      message: expect.stringContaining('9007199254740992 bytes'),
    });
  });

  it('is the first one past 2^53-1', () => {
    const medium = (size: number | bigint): Parameters<typeof virtualSize>[0] => ({
      image: { filename: '/lab/disk', format: 'raw', 'virtual-size': size },
    });
    expect(virtualSize(medium(2 ** 53 - 1))).toBe(2 ** 53 - 1);
    expect(() => virtualSize(medium(2 ** 53))).toThrow(/2\^53-1/);
  });
});
