import { NbdServerPeer, nbdkit, qemuImg, qemuIo, qemuNbd, requires } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { connect, info, type Replies } from '../../src/index.js';
import { collect, firstDifference, KiB, MiB, noise } from '../support/contents.js';
import { Workspace } from '../support/workspace.js';

const lab = requires('qemu-nbd', 'qemu-img', 'qemu-io', 'nbdkit', 'nbd-server');
const TIB = 1024 ** 4;

/** What only some servers have, or lack. */
describe.skipIf(!lab.available)(`servers with more or less than others ${lab.reason}`, () => {
  it.each<Replies>(['structured', 'extended'])(
    'QEMU tells of several contexts, each by itself, with %s replies',
    async (replies) => {
      await using workspace = await Workspace.create();
      const image = workspace.path('image.qcow2');
      await qemuImg('create', '-q', '-f', 'qcow2', image, '64M');
      await qemuImg('bitmap', '--add', image, 'b');
      await qemuIo(image, ['write -P 7 1M 128k', 'write -z 8M 64k'], 'qcow2');
      await using server = await qemuNbd(image, {
        format: 'qcow2',
        bitmap: 'b',
        readOnly: true,
        extraArguments: ['--allocation-depth'],
      });
      const contexts = ['base:allocation', 'qemu:allocation-depth', 'qemu:dirty-bitmap:b'];
      expect((await info(server.uri, { replies })).contexts).toEqual(contexts);
      await using handle = await connect(server.uri, { replies, contexts: [...contexts, 'no:such'] });
      expect(handle.info.contexts).toEqual(contexts);
      const told = (context: string) => collect(handle.extents({ context }));
      expect(await told('qemu:dirty-bitmap:b')).toEqual([
        { offset: 0, length: MiB, flags: 0 },
        { offset: MiB, length: 128 * KiB, flags: 1 },
        { offset: MiB + 128 * KiB, length: 7 * MiB - 128 * KiB, flags: 0 },
        { offset: 8 * MiB, length: 64 * KiB, flags: 1 },
        { offset: 8 * MiB + 64 * KiB, length: 56 * MiB - 64 * KiB, flags: 0 },
      ]);
      expect(await told('base:allocation')).toContainEqual({ offset: MiB, length: 128 * KiB, flags: 0 });
      expect(await told('qemu:allocation-depth')).toContainEqual({
        offset: MiB,
        length: 128 * KiB,
        flags: 1,
      });
    },
  );

  it('QEMU zeroes, trims and tells of 8 TiB in one request each', async () => {
    await using workspace = await Workspace.create();
    const image = await workspace.file('image', 8 * TIB, { offset: 7 * TIB, bytes: noise(64 * KiB) });
    await using server = await qemuNbd(image);
    await using handle = await connect(server.uri);
    expect(await collect(handle.extents())).toHaveLength(3);
    await handle.zero(0, 8 * TIB, { fast: true });
    await handle.trim(0, 8 * TIB);
    expect(await collect(handle.extents())).toEqual([{ offset: 0, length: 8 * TIB, flags: 3 }]);
    expect(firstDifference(await handle.read(7 * TIB, 64 * KiB), Buffer.alloc(64 * KiB))).toBeUndefined();
  });

  it('nbd-server says that its medium rotates', async () => {
    await using workspace = await Workspace.create();
    const image = await workspace.file('image', MiB);
    await using rotating = await NbdServerPeer.start(image, { settings: ['rotational = true'] });
    await using solid = await NbdServerPeer.start(image);
    expect((await info(rotating.uri)).rotational).toBe(true);
    expect((await info(solid.uri)).rotational).toBe(false);
  });

  it('an oldstyle server is refused, and the error says so', async () => {
    await using server = await nbdkit('--oldstyle', 'memory', '1M');
    const refused = { code: 'NBD_UNSUPPORTED', message: expect.stringContaining('oldstyle') };
    await expect(connect(server.uri)).rejects.toMatchObject(refused);
    await expect(info(server.uri)).rejects.toMatchObject(refused);
  });

  it.each([
    ['knows no options', '--mask-handshake=0'],
    ['has no structured replies', '--no-sr'],
  ])('a server that %s is used all the same', async (_, option) => {
    await using server = await nbdkit(option, 'pattern', '1M');
    await using handle = await connect(server.uri);
    expect(handle.info).toMatchObject({
      size: MiB,
      structuredReplies: false,
      extendedHeaders: false,
      contexts: [],
    });
    expect((await handle.read(4096, 512)).readBigUInt64BE(8)).toBe(4104n);
    expect((await info(server.uri)).size).toBe(MiB);
  });
});
