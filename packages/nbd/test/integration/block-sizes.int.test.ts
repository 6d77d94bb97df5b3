import { nbdkit, requires } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { compare, connect, copy, openCopier, serve } from '../../src/index.js';
import { firstDifference, KiB, MiB, noise } from '../support/contents.js';
import { Workspace } from '../support/workspace.js';

const lab = requires('nbdkit');

/** nbdkit refuses whatever does not keep to these. */
const CONSTRAINTS = [
  { minimum: 4096, maximum: 64 * KiB },
  { minimum: 64 * KiB, maximum: 64 * KiB },
  { minimum: 512, maximum: 4 * MiB },
];

function strict(
  image: string,
  { minimum, maximum }: (typeof CONSTRAINTS)[number],
): ReturnType<typeof nbdkit> {
  return nbdkit(
    ...['--filter=blocksize-policy', 'file', image, 'blocksize-error-policy=error'],
    ...[`blocksize-minimum=${minimum}`, `blocksize-preferred=${Math.max(minimum, 4096)}`],
    `blocksize-maximum=${maximum}`,
  );
}

describe.skipIf(!lab.available)(
  `servers that take whole blocks and short payloads only ${lab.reason}`,
  () => {
    for (const constraints of CONSTRAINTS) {
      const { minimum, maximum } = constraints;
      describe(`of ${minimum} and ${maximum} bytes`, () => {
        it('are kept to by a handle', async () => {
          await using workspace = await Workspace.create();
          const image = await workspace.file('image', MiB, { offset: 0, bytes: noise(MiB) });
          await using server = await strict(image, constraints);
          await using handle = await connect(server.uri);
          expect(handle.info).toMatchObject({
            blockSizeAdvertised: true,
            blockSizeMinimum: minimum,
            blockSizeMaximum: maximum,
          });
          expect(
            firstDifference(await handle.read(minimum, minimum), noise(MiB).subarray(minimum, 2 * minimum)),
          ).toBeUndefined();
          const refusals = [
            () => handle.read(1, minimum),
            () => handle.read(0, minimum - 1),
            () => handle.write(minimum / 2, noise(minimum)),
            () => handle.zero(0, minimum + 1),
            () => handle.trim(minimum - 1, 1),
            () => handle.read(0, maximum + minimum),
          ];
          for (const refused of refusals) {
            await expect(refused()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
          }
        });

        it('are copied between, and compared', async () => {
          await using workspace = await Workspace.create();
          const pieces = [
            { offset: 1000, bytes: noise(200_000, 1) },
            { offset: MiB - 70_000, bytes: noise(70_000, 2) },
          ];
          const image = await workspace.file('image', MiB, ...pieces);
          const written = await workspace.file('written', MiB, { offset: 0, bytes: noise(MiB, 3) });
          await using source = await strict(image, constraints);
          await using destination = await strict(written, constraints);
          await copy(source.uri, destination.uri, { requestSize: MiB }).done;
          expect(
            firstDifference(await workspace.read('written'), await workspace.read('image')),
          ).toBeUndefined();
          expect(await compare(image, destination.uri)).toMatchObject({ equal: true });
        });

        it('take the ragged end of a smaller source: its block is read, changed and written', async () => {
          await using workspace = await Workspace.create();
          const size = 512 * KiB + 1;
          const file = await workspace.file('image', size, { offset: 0, bytes: noise(size) });
          const written = await workspace.file('written', MiB, { offset: 0, bytes: noise(MiB, 3) });
          await using source = await serve({
            file,
            listen: workspace.socket(),
            bitmaps: [{ name: 'b', granularity: 512 }],
          });
          await using destination = await strict(written, constraints);
          await using copier = await openCopier(source.uri, destination.uri, { allowLarger: true });
          await copier.bulk();
          const expected = Buffer.alloc(MiB);
          noise(size).copy(expected);
          expect(firstDifference(await workspace.read('written'), expected)).toBeUndefined();
          expect(await compare(file, destination.uri)).toMatchObject({ firstDifference: size });

          // A round ends where the source does, in the middle of a block whose rest is not its own.
          {
            await using other = await connect(destination.uri);
            noise(64 * KiB, 7).copy(expected, 512 * KiB);
            await other.write(512 * KiB, noise(64 * KiB, 7));
          }
          await using guest = await connect(source.uri);
          await guest.write(size - 3, Buffer.from([1, 2, 3]));
          expected.set([...noise(size).subarray(512 * KiB - 512, size - 3), 1, 2, 3], 512 * KiB - 512);
          const bitmap = source.bitmaps.get('b');
          if (bitmap === undefined) throw new Error('the bitmap is missing');
          await copier.round(bitmap);
          expect(firstDifference(await workspace.read('written'), expected)).toBeUndefined();
        });
      });
    }

    it('whose size is no multiple of their block have an end that cannot be had, and a copy says so', async () => {
      await using workspace = await Workspace.create();
      const size = 512 * KiB + 1;
      const image = await workspace.file('image', size, { offset: 0, bytes: noise(size) });
      await using source = await strict(image, { minimum: 4096, maximum: MiB });
      const failed = copy(source.uri, workspace.path('copy')).done;
      await expect(failed).rejects.toMatchObject({ code: 'NBD_EINVAL', side: 'source' });
    });
  },
);
