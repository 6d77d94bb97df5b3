import { nbdcopy, nbdinfo, python, qemuImg, qemuIo, requires } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { type NbdServer, type Replies, serve } from '../../src/index.js';
import { firstDifference, KiB, MiB, noise } from '../support/contents.js';
import { fioVerified } from '../support/fio.js';
import { FORMS, TRANSPORTS } from '../support/foreign-servers.js';
import { Relay } from '../support/relay.js';
import { Workspace } from '../support/workspace.js';

const lab = requires('nbdinfo', 'nbdcopy', 'qemu-img', 'qemu-io', 'python3-libnbd', 'fio');
const SIZE = 8 * MiB;

/** Each cell of the server's table in docs/nbd-interop.md. */
describe.skipIf(!lab.available)(`the server with other people's clients ${lab.reason}`, () => {
  for (const listen of TRANSPORTS) {
    for (const replies of FORMS) {
      describe(`${listen}, ${replies}`, () => {
        it('nbdinfo', async () => {
          await using disk = await Disk.serve(listen, replies);
          const contexts = ['base:allocation', 'qemu:dirty-bitmap:b'];
          expect(await nbdinfo(disk.uri)).toMatchObject({
            structured: replies !== 'simple',
            exports: [
              {
                'export-size': SIZE,
                is_rotational: true,
                is_read_only: false,
                can_cache: true,
                can_df: replies !== 'simple',
                can_fast_zero: true,
                can_flush: true,
                can_fua: true,
                can_multi_conn: true,
                can_trim: true,
                can_zero: true,
                block_size_minimum: 1,
                block_size_preferred: 4096,
                block_size_maximum: 32 * MiB,
                ...(replies === 'simple' ? {} : { contexts }),
              },
            ],
          });
          if (replies === 'simple') return;
          expect(await nbdinfo(disk.uri, '--map')).toEqual([
            { offset: 0, length: MiB, type: 0, description: 'data' },
            { offset: MiB, length: SIZE - MiB, type: 3, description: 'hole,zero' },
          ]);
        });

        it('nbdcopy, both ways', async () => {
          await using disk = await Disk.serve(listen, replies);
          const original = await disk.workspace.read('image');
          await nbdcopy(disk.uri, disk.workspace.path('copy'));
          expect(firstDifference(await disk.workspace.read('copy'), original)).toBeUndefined();
          const other = await disk.workspace.file('other', SIZE, { offset: MiB, bytes: noise(2 * MiB, 5) });
          await nbdcopy(other, disk.uri, '--flush');
          expect(firstDifference(await disk.contents(), await disk.workspace.read('other'))).toBeUndefined();
        });

        it('qemu-img', async () => {
          await using disk = await Disk.serve(listen, replies);
          const image = disk.workspace.path('image');
          await qemuImg('convert', '-f', 'raw', '-O', 'qcow2', disk.uri, disk.workspace.path('q.qcow2'));
          await qemuImg('compare', '-f', 'raw', '-F', 'qcow2', disk.uri, disk.workspace.path('q.qcow2'));
          const map = JSON.parse((await qemuImg('map', '--output=json', '-f', 'raw', disk.uri)).stdout);
          const zero = replies !== 'simple';
          expect(map.at(-1)).toMatchObject({ zero, data: !zero });
          const other = await disk.workspace.file('other', SIZE, { offset: 4 * MiB, bytes: noise(MiB, 5) });
          await qemuImg('convert', '-n', '-f', 'raw', '-O', 'raw', other, disk.uri);
          await qemuImg('compare', '-f', 'raw', '-F', 'raw', image, other);
        });

        it('qemu-io', async () => {
          await using disk = await Disk.serve(listen, replies);
          const commands = [
            ...['read -v 0 16', 'write -P 7 1M 1M', 'read -P 7 1M 1M', 'write -f -P 8 4M 64k', 'flush'],
            ...['write -z 1M 64k', 'read -P 0 1M 64k', 'write -z -u 1152k 64k', 'read -P 0 1152k 64k'],
            ...[
              'discard 2M 64k',
              'writev -P 9 3M 4k 8k',
              'read -P 9 3M 12k',
              'aio_write -P 1 5M 64k',
              'aio_flush',
            ],
          ];
          await qemuIo(disk.uri, commands);
          const found = await disk.contents();
          const expected = Buffer.alloc(SIZE);
          noise(MiB).copy(expected);
          expected
            .fill(7, MiB, 2 * MiB)
            .fill(0, MiB, MiB + 64 * KiB)
            .fill(0, 1152 * KiB, 1216 * KiB);
          expected.fill(8, 4 * MiB, 4 * MiB + 64 * KiB).fill(9, 3 * MiB, 3 * MiB + 12 * KiB);
          expected.fill(1, 5 * MiB, 5 * MiB + 64 * KiB);
          expect(firstDifference(found, expected)).toBeUndefined();
        });

        it("fio's NBD engine, with verification", async () => {
          await using disk = await Disk.serve(listen, replies);
          await fioVerified(disk.uri, SIZE);
          expect(firstDifference(await disk.contents(), Buffer.alloc(SIZE))).toBe(0);
        });

        it("libnbd's Python", async () => {
          await using disk = await Disk.serve(listen, replies);
          const { stdout } = await python(LIBNBD, disk.uri);
          const status =
            replies === 'simple'
              ? []
              : [
                  ['base:allocation', [MiB, 0, 3 * MiB, 3]],
                  ['qemu:dirty-bitmap:b', [64 * KiB, 1, 4 * MiB - 64 * KiB, 0]],
                ];
          expect(JSON.parse(stdout)).toEqual({
            size: SIZE,
            structured: replies !== 'simple',
            status,
            error: 'EINVAL',
          });
        });
      });
    }
  }

  it('QEMU 10 asks for the status of 8 TiB with one extended header', async () => {
    await using workspace = await Workspace.create();
    await using server = await serve({ memory: 8 * 1024 ** 4, listen: workspace.socket() });
    await using relay = await Relay.start(server.uri);
    const { stdout } = await qemuImg('map', '--output=json', '-f', 'raw', relay.uri);
    expect(JSON.parse(stdout)).toMatchObject([{ start: 0, length: 8 * 1024 ** 4, zero: true, data: false }]);
    // Magic, REQ_ONE, BLOCK_STATUS, cookie 1, offset 0, length 2^43.
    const request = Buffer.from(`21e41c7100080007${'0'.repeat(15)}1${'0'.repeat(16)}0000080000000000`, 'hex');
    expect(relay.hasHeard(request)).toBe(true);
    await qemuIo(relay.uri, ['write -P 7 7T 64k', 'read -P 7 7T 64k', 'write -z 7T 1G', 'read -P 0 7T 64k']);
  });
});

/** A served image: 1 MiB of noise, then a hole. */
class Disk implements AsyncDisposable {
  readonly workspace: Workspace;
  readonly #server: NbdServer;

  static async serve(listen: (typeof TRANSPORTS)[number], replies: Replies): Promise<Disk> {
    const workspace = await Workspace.create();
    const server = await serve({
      file: await workspace.file('image', SIZE, { offset: 0, bytes: noise(MiB) }),
      listen: listen === 'unix' ? workspace.socket() : 'nbd://127.0.0.1:0',
      bitmaps: [{ name: 'b' }],
      rotational: true,
      replies,
    });
    return new Disk(workspace, server);
  }

  private constructor(workspace: Workspace, server: NbdServer) {
    this.workspace = workspace;
    this.#server = server;
  }

  get uri(): string {
    return this.#server.uri;
  }

  contents(): Promise<Buffer> {
    return this.workspace.read('image');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
    await this.workspace[Symbol.asyncDispose]();
  }
}

const LIBNBD = `
import errno, json, nbd, sys
h = nbd.NBD()
contexts = ["base:allocation", "qemu:dirty-bitmap:b"]
for context in contexts:
    h.add_meta_context(context)
h.connect_uri(sys.argv[1])
# What the library would refuse by itself is the server's to refuse.
h.set_strict_mode(0)
first = h.pread(4096, 0)
h.pwrite(first[::-1], 0, nbd.CMD_FLAG_FUA)
assert h.pread(4096, 0) == first[::-1]
h.zero(4096, 0, nbd.CMD_FLAG_NO_HOLE | nbd.CMD_FLAG_FAST_ZERO)
assert h.pread(4096, 0) == bytearray(4096)
h.trim(4096, 0)
h.pwrite(first, 0)
h.cache(65536, 0)
h.flush()
chunks = []
status = []
if h.get_structured_replies_negotiated():
    def chunk(buf, offset, kind, error):
        chunks.append((offset, len(buf)))
    assert h.pread_structured(1 << 20, 0, chunk, nbd.CMD_FLAG_DF)[:4096] == first
    assert chunks == [(0, 1 << 20)]
    def extent(context, offset, entries, error):
        status.append([context, entries])
    h.block_status(4 << 20, 0, extent)
    one = []
    h.block_status(4 << 20, 0, lambda context, offset, entries, error: one.append(len(entries)), nbd.CMD_FLAG_REQ_ONE)
    assert one == [2, 2]
try:
    h.pread(0, 0)
except nbd.Error as error:
    failed = error.errno
print(json.dumps({"size": h.get_size(), "structured": h.get_structured_replies_negotiated(), "status": status, "error": failed}))
h.shutdown()
`;
