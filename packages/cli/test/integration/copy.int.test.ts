import { open } from 'node:fs/promises';
import {
  allocatedBytes,
  type NbdPeer,
  nbdkit,
  qemuImg,
  qemuNbd,
  requires,
  Scratch,
  sha256,
} from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { Blockferry, blockferry, objects, result, startServe } from '../support/blockferry.js';
import { fullImage, IMAGE_DATA, IMAGE_SIZE, MIB, sparseImage } from '../support/images.js';

const lab = requires('qemu-nbd', 'qemu-img', 'nbdkit');

/** Somewhere to copy from or to: what blockferry is told, and the file behind it once it has been closed. */
interface Place extends AsyncDisposable {
  readonly endpoint: string;
}

type Kind = 'file' | 'qemu-nbd raw' | 'qemu-nbd qcow2' | 'nbdkit file' | 'our serve';
const KINDS: readonly Kind[] = ['file', 'qemu-nbd raw', 'qemu-nbd qcow2', 'nbdkit file', 'our serve'];

async function offer(kind: Kind, path: string): Promise<Place> {
  const place = ({ uri: endpoint, ...peer }: { uri: string } & AsyncDisposable): Place => ({
    endpoint,
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  });
  switch (kind) {
    case 'file':
      return { endpoint: path, async [Symbol.asyncDispose]() {} };
    case 'qemu-nbd raw':
      return place(await qemuNbd(path));
    case 'qemu-nbd qcow2':
      return place(await qemuNbd(path, { format: 'qcow2' }));
    case 'nbdkit file':
      return place(await nbdkit('file', path));
    case 'our serve': {
      const server = await startServe(path, '--listen', `nbd+unix:///?socket=${path}.sock`);
      return {
        endpoint: server.uri,
        async [Symbol.asyncDispose]() {
          server.signal('SIGTERM');
          await server.done;
        },
      };
    }
  }
}

function format(kind: Kind): 'raw' | 'qcow2' {
  return kind === 'qemu-nbd qcow2' ? 'qcow2' : 'raw';
}

describe.skipIf(!lab.available)('copy', () => {
  const pairs = KINDS.flatMap((from) => KINDS.map((to) => [from, to] as const));

  it.each(pairs)('from %s to %s: identical, holes stay holes, old bytes are gone', async (from, to) => {
    await using scratch = new Scratch();
    const [plain, source, destination] = [scratch.join('plain'), scratch.join('src'), scratch.join('dst')];
    await sparseImage(plain);
    await qemuImg('convert', '-f', 'raw', '-O', format(from), plain, source);
    await fullImage(scratch.join('old'));
    await qemuImg('convert', '-f', 'raw', '-O', format(to), scratch.join('old'), destination);
    {
      await using a = await offer(from, source);
      await using b = await offer(to, destination);
      const outcome = await blockferry('copy', a.endpoint, b.endpoint, '--json', '--connections', '2');
      expect(outcome).toMatchObject({ status: 0, stderr: '' });
      const { bytesMoved, bytesZeroed, bytesSkipped } = result(outcome.stdout) as Record<string, number>;
      expect((bytesMoved ?? 0) + (bytesZeroed ?? 0) + (bytesSkipped ?? 0)).toBe(IMAGE_SIZE);
      expect(bytesMoved).toBeLessThanOrEqual(IMAGE_DATA + MIB);
    }
    const compared = await qemuImg('compare', '-f', 'raw', '-F', format(to), plain, destination);
    expect(compared.stdout).toContain('identical');
    if (format(to) === 'raw') expect(await sha256(destination)).toBe(await sha256(plain));
    // qcow2 keeps its clusters' places when they are zeroed.
    if (format(to) === 'raw') expect(await allocatedBytes(destination)).toBeLessThanOrEqual(IMAGE_DATA + MIB);
  });

  it('copies what nbdkit makes up, through memory, into a new file', async () => {
    await using scratch = new Scratch();
    const path = scratch.join('new');
    await using random = await nbdkit('sparse-random', '64M', 'seed=7', 'percent=20', 'runlength=98304');
    await using memory = await nbdkit('memory', '64M');
    expect((await blockferry('copy', random.uri, memory.uri)).status).toBe(0);
    const { status, stdout } = await blockferry('copy', memory.uri, path, '--verify', '--progress=none');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Copied 64 MiB in .* moved .* zeroed, .* skipped\. Verified\.\n$/);
    const compared = await qemuImg('compare', '-f', 'raw', '-F', 'raw', random.uri, path);
    expect(compared.stdout).toContain('identical');
    expect(await allocatedBytes(path)).toBeLessThan(40 * MIB);
  });

  it('writes no zeros to a destination that is zero already, and reads everything without extents', async () => {
    await using scratch = new Scratch();
    const [source, first, second] = [scratch.join('src'), scratch.join('a'), scratch.join('b')];
    await sparseImage(source);
    const zero = await blockferry('copy', source, first, '--target-is-zero', '--json');
    expect(result(zero.stdout)).toMatchObject({ ok: true, exit: 0, bytesZeroed: 0 });
    expect(await sha256(first)).toBe(await sha256(source));
    expect((await blockferry('copy', source, second, '--no-extents')).status).toBe(0);
    expect(await sha256(second)).toBe(await sha256(source));
  });

  it('leaves the tail of a larger file alone, and refuses a smaller destination', async () => {
    await using scratch = new Scratch();
    const [source, larger, smaller] = [scratch.join('src'), scratch.join('larger'), scratch.join('smaller')];
    await sparseImage(source);
    await fullImage(larger, IMAGE_SIZE + MIB);
    await fullImage(smaller, IMAGE_SIZE - MIB);
    expect((await blockferry('copy', source, larger, '--verify')).status).toBe(0);
    expect(
      (await qemuImg('compare', '-f', 'raw', '-F', 'raw', source, larger).catch(String)).toString(),
    ).toMatch(new RegExp(`offset ${IMAGE_SIZE}|exit status 1`));
    const before = await sha256(smaller);
    const refused = await blockferry('copy', source, smaller, '--json');
    expect(refused.status).toBe(1);
    expect(result(refused.stdout)).toMatchObject({ ok: false, exit: 1, error: { code: 'SIZE_MISMATCH' } });
    expect(await sha256(smaller)).toBe(before);
  });
});

describe.skipIf(!lab.available)('copy --verify', () => {
  const AT = 5 * MIB + 4321;

  /** A shell command that makes the byte at `AT` another one than it is. */
  async function flip(path: string, like = path): Promise<string> {
    await using file = await open(like);
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, AT);
    const octal = (buffer.readUInt8() ^ 0xff).toString(8);
    return `printf '\\${octal}' | dd of=${path} bs=1 seek=${AT} conv=notrunc status=none`;
  }

  /** A server of a file that does `flush` when everything has been written. */
  function faulty(path: string, flush: string): Promise<NbdPeer> {
    return nbdkit(
      'eval',
      `get_size=stat -c %s ${path}`,
      `pread=dd if=${path} skip=$4 count=$3 iflag=skip_bytes,count_bytes status=none`,
      `pwrite=dd of=${path} seek=$4 oflag=seek_bytes conv=notrunc status=none`,
      `flush=${flush}`,
    );
  }

  it('ends with 4 and the offset where the destination reads as something else than was written', async () => {
    await using scratch = new Scratch();
    const [source, copy] = [scratch.join('src'), scratch.join('dst')];
    await fullImage(source);
    await fullImage(copy);
    await using peer = await faulty(copy, await flip(copy, source));
    const { status, stdout, stderr } = await blockferry('copy', source, peer.uri, '--verify', '--json');
    expect(status).toBe(4);
    expect(result(stdout)).toMatchObject({
      ok: false,
      exit: 4,
      verified: false,
      error: { code: 'VERIFY_DIFFERENT', side: 'destination', offset: AT },
    });
    expect(stderr).toContain(`first at offset ${AT},`);
  });

  it('ends with 0 where only the source has changed since it was read', async () => {
    await using scratch = new Scratch();
    const [source, copy] = [scratch.join('src'), scratch.join('dst')];
    await fullImage(source);
    await fullImage(copy);
    await using peer = await faulty(copy, await flip(source));
    const { status, stdout } = await blockferry('copy', source, peer.uri, '--verify', '--json');
    expect(result(stdout)).toMatchObject({ ok: true, exit: 0, verified: true });
    expect(status).toBe(0);
    const compared = await blockferry('verify', source, copy, '--json');
    expect(result(compared.stdout)).toMatchObject({ exit: 4, firstDifference: AT });
  });

  it('ends with 4 also where the source has become what the destination is', async () => {
    await using scratch = new Scratch();
    const [source, copy] = [scratch.join('src'), scratch.join('dst')];
    await fullImage(source);
    await fullImage(copy);
    await using peer = await faulty(copy, `${await flip(source)} && ${await flip(copy, source)}`);
    const { status, stdout, stderr } = await blockferry('copy', source, peer.uri, '--verify', '--json');
    expect(status).toBe(4);
    expect(result(stdout)).toMatchObject({ verified: false, error: { offset: 0, length: IMAGE_SIZE } });
    expect(stderr).toContain('agree there by now');
    expect((await blockferry('verify', source, copy)).status).toBe(0);
  });
});

describe.skipIf(!lab.available)('a failing copy', () => {
  async function copyWithFault(side: 'source' | 'destination', scratch: Scratch): Promise<void> {
    const path = scratch.join('disk');
    await sparseImage(path);
    const fault =
      side === 'source'
        ? ['error-pread=EIO', 'error-pread-rate=100%']
        : ['error-pwrite=ENOSPC', 'error-pwrite-rate=100%'];
    await using peer: NbdPeer = await nbdkit('--filter=error', 'file', path, ...fault);
    const other = scratch.join('other');
    await sparseImage(other);
    const ends = side === 'source' ? [peer.uri, other] : [other, peer.uri];
    const { status, stdout, stderr } = await blockferry('copy', ...ends, '--json');
    expect(status).toBe(1);
    const { error } = result(stdout) as { error: Record<string, unknown> };
    expect(error).toMatchObject({ side, code: side === 'source' ? 'NBD_EIO' : 'NBD_ENOSPC' });
    expect(Number.isSafeInteger(error['offset'])).toBe(true);
    expect(error['length']).toBeGreaterThan(0);
    expect(stderr).toContain(side);
    expect(stderr).toContain(String(error['offset']));
  }

  it.each(['source', 'destination'] as const)('ends with 1 and names the %s and the offset', async (side) => {
    await using scratch = new Scratch();
    await copyWithFault(side, scratch);
  });

  it('ends with 1 where nobody listens', async () => {
    await using scratch = new Scratch();
    const uri = `nbd+unix:///?socket=${scratch.join('nobody')}`;
    const { status, stdout, stderr } = await blockferry('copy', uri, scratch.join('x'), '--json');
    expect(status).toBe(1);
    expect(result(stdout)).toMatchObject({
      ok: false,
      exit: 1,
      error: { code: 'NBD_CONNECT', side: 'source' },
    });
    expect(stderr).toContain('source');
  });

  it('ends with 4 where the comparison finds a difference', async () => {
    await using scratch = new Scratch();
    const path = scratch.join('src');
    await fullImage(path);
    // Every write is acknowledged and lost.
    await using amnesia = await nbdkit('--filter=cow', 'memory', '16M');
    await using liar = await nbdkit(
      'eval',
      'get_size=echo 16M',
      'pread=dd if=/dev/zero count=$3 iflag=count_bytes status=none',
      'pwrite=cat >/dev/null',
      'flush=:',
    );
    expect((await blockferry('copy', path, amnesia.uri, '--verify')).status).toBe(0);
    const { status, stdout, stderr } = await blockferry('copy', path, liar.uri, '--verify', '--json');
    expect(status).toBe(4);
    expect(result(stdout)).toMatchObject({
      ok: false,
      exit: 4,
      verified: false,
      error: { code: 'VERIFY_DIFFERENT' },
    });
    expect(stderr).toMatch(/first at offset \d+/);
  });

  it('is cancelled by the first SIGINT, and ends with 130', async () => {
    await using peer = await nbdkit('pattern', '1T');
    await using running = new Blockferry(['copy', peer.uri, 'null:', '--bandwidth', '1MiB/s', '--json']);
    await running.until('stdout', /"type":"progress"/);
    running.signal('SIGINT');
    const { status, stdout } = await running.done;
    expect(status).toBe(130);
    expect(objects(stdout).at(-1)).toMatchObject({
      type: 'result',
      ok: false,
      exit: 130,
      error: { code: 'ABORTED' },
    });
  });
});
