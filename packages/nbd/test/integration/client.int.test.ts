import { makePki, requires, Scratch } from '@blockferry/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type NbdHandle } from '../../src/index.js';
import { collect, firstDifference, KiB, MiB, noise } from '../support/contents.js';
import { FORMS, SERVERS, TRANSPORTS } from '../support/foreign-servers.js';
import { Workspace } from '../support/workspace.js';

const lab = requires('openssl', ...SERVERS.flatMap(({ needs }) => needs));

/** Each cell of the client's table in docs/nbd-interop.md; those that are not applicable fall back. */
describe.skipIf(!lab.available)(`the client with other people's servers ${lab.reason}`, () => {
  let scratch: Scratch;
  let folder: string;
  beforeAll(async () => {
    scratch = new Scratch();
    folder = (await makePki(scratch.join('pki'))).good;
  });
  afterAll(() => scratch[Symbol.asyncDispose]());

  for (const server of SERVERS) {
    for (const [listen, secure] of TRANSPORTS.flatMap((kind) => [
      [kind, false] as const,
      [kind, true] as const,
    ])) {
      for (const replies of FORMS) {
        it(`${server.name}, ${listen}, ${secure ? 'TLS' : 'plain'}, ${replies}`, async () => {
          await using workspace = await Workspace.create();
          const image = await workspace.file('image', SIZE, { offset: 0, bytes: noise(SIZE / 2) });
          await using peer = await server.start(image, listen, secure ? folder : undefined);
          const model = Buffer.alloc(SIZE);
          noise(SIZE / 2).copy(model);
          {
            const uri = secure ? peer.uri.replace(/^nbds?/, 'nbds') : peer.uri;
            const tls = { directory: folder, hostname: 'localhost' };
            await using handle = await connect(uri, secure ? { replies, tls } : { replies });
            const newest = server.replies.includes(replies) ? replies : server.replies.at(-1);
            expect(formOf(handle)).toBe(newest);
            await useEverything(handle, model);
            expect(firstDifference(await handle.read(0, SIZE), model)).toBeUndefined();
            await tellsExtents(handle, model);
          }
          await peer[Symbol.asyncDispose]();
          expect(firstDifference(await workspace.read('image'), model)).toBeUndefined();
        });
      }
    }
  }
});

/** Every command that the server has, many at a time; what they leave is in `model`. */
async function useEverything(handle: NbdHandle, model: Buffer): Promise<void> {
  const { info } = handle;
  expect(info).toMatchObject({ readOnly: false, canFlush: true, canFua: true, canTrim: true, canZero: true });
  const write = async (offset: number, bytes: Buffer, fua = false): Promise<void> => {
    bytes.copy(model, offset);
    await handle.write(offset, bytes, { fua });
  };
  await Promise.all([...Array(32).keys()].map((at) => write(MiB + at * 64 * KiB, noise(64 * KiB, at))));
  await write(512, noise(512, 77), true);
  await write(SIZE - 512, noise(512, 78));

  const zero = async (
    offset: number,
    length: number,
    how: Parameters<NbdHandle['zero']>[2],
  ): Promise<void> => {
    model.fill(0, offset, offset + length);
    await handle.zero(offset, length, how);
  };
  await Promise.all([
    zero(64 * KiB, 64 * KiB, {}),
    zero(256 * KiB, 64 * KiB, { allocate: true }),
    zero(384 * KiB, 1024, { fua: true }),
    info.canFastZero ? zero(512 * KiB, 128 * KiB, { fast: true }) : undefined,
  ]);
  await handle.trim(2 * MiB, 512 * KiB, { fua: true });
  (await handle.read(2 * MiB, 512 * KiB)).copy(model, 2 * MiB);
  if (info.canCache) await handle.cache(0, MiB);
  await handle.flush();
  if (info.canDf) {
    const whole = await handle.read(0, 128 * KiB, { whole: true });
    expect(firstDifference(whole, model.subarray(0, 128 * KiB))).toBeUndefined();
  }
  await expect(handle.read(SIZE, 512)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
}

/** Where the server tells, what it calls zero is zero, and all of the export is told. */
async function tellsExtents(handle: NbdHandle, model: Buffer): Promise<void> {
  if (!handle.info.structuredReplies) {
    expect(handle.info.contexts).toEqual([]);
    return;
  }
  const extents = await collect(handle.extents());
  let told = 0;
  for (const { offset, length, flags } of extents) {
    expect(offset).toBe(told);
    told += length;
    if ((flags & 2) !== 0) expect(model.subarray(offset, told).every((byte) => byte === 0)).toBe(true);
  }
  expect(told).toBe(SIZE);
  expect(extents.some(({ flags }) => (flags & 2) !== 0)).toBe(true);
}

function formOf({ info }: NbdHandle): string {
  if (info.extendedHeaders) return 'extended';
  return info.structuredReplies ? 'structured' : 'simple';
}

const SIZE = 8 * MiB;
