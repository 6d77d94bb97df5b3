import { createServer } from 'node:net';
import { type LabPki, leftovers, makePki, QemuPair, requires, retriesFrom, Scratch } from '@blockferry/lab';
import { connect, NbdError } from '@blockferry/nbd';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { moveGuest } from '../support/moved-guest.js';
import { failed, goesOn, isPhase } from '../support/qemu-migration.js';
import { Tap } from '../support/tap.js';

const lab = requires('guest', 'qemu-system-x86_64', 'qemu-7.2', 'qemu-img', 'openssl');

const DISKS = [
  { name: 'vda', sizeMiB: 32, filledMiB: 16, rateKiB: 2048 },
  { name: 'vdb', sizeMiB: 16, filledMiB: 4, rateKiB: 512 },
];

describe.skipIf(!lab.available)(`a guest moves over TLS ${lab.reason}`, () => {
  let scratch: Scratch;
  let pki: LabPki;
  beforeAll(async () => {
    scratch = new Scratch();
    pki = await makePki(scratch.join('pki'));
  });
  afterAll(() => scratch[Symbol.asyncDispose]());

  it('monitors on tcp, QEMU 7.2', { retry: retriesFrom('7.2') }, async () => {
    await using pair = await QemuPair.start({
      disks: DISKS,
      monitors: 'tcp',
      sourceRelease: '7.2',
      destinationRelease: '7.2',
    });
    await moveGuest(pair, ['vda', 'vdb'], { tls: { directory: pki.good } });
  });

  it('monitors on tcp, QEMU installed, and neither who listens on the line nor who asks its servers hears anything in plain', async () => {
    await using pair = await QemuPair.start({ disks: DISKS, monitors: 'tcp' });
    // The destination listens on another address of this machine, and is reached through the taps.
    await using disks = await Tap.start('127.0.0.1', '127.0.0.2');
    await using state = await Tap.start('127.0.0.1', '127.0.0.2');
    const port = await freePort();
    let seen: unknown;
    const options = {
      tls: { directory: pki.good },
      sourceNbd: `nbd://127.0.0.1:${port}`,
      destinationNbd: `nbd://127.0.0.1:${disks.port}`,
      stateUri: `tcp://127.0.0.1:${state.port}`,
      params: { listen_address: '127.0.0.2' },
    };
    await moveGuest(pair, ['vda', 'vdb'], options, async (event) => {
      if (!isPhase(event, 'bulk')) return;
      seen = await connect(`nbd://127.0.0.1:${port}/x`).catch((refusal: unknown) => refusal);
    });
    expect(NbdError.is(seen) && seen.code).toBe('NBD_TLS_REQUIRED');
    // A TLS handshake record from its first byte on; QEMU's stream in plain begins with QEVM.
    expect(state.heard().subarray(0, 2)).toEqual(Buffer.from([0x16, 3]));
    expect(state.bytes).toBeGreaterThan(1 << 20);
    expect(disks.bytes).toBeGreaterThan(16 << 20);
    // The magic of an NBD request: what the client says in plain ends with STARTTLS.
    expect(disks.heard().includes(Buffer.from('25609513', 'hex'))).toBe(false);
  });

  describe('monitors on unix, QEMU installed: one guest', () => {
    let pair: QemuPair;
    beforeAll(async () => {
      pair = await QemuPair.start({ disks: DISKS });
    });
    afterAll(() => pair?.[Symbol.asyncDispose]());

    it.each([
      [
        'certificates that have expired',
        'expired',
        undefined,
        { code: 'NBD_TLS_CREDENTIALS', side: 'source' },
      ],
      ['a folder that is not there', undefined, undefined, { code: 'NBD_TLS_CREDENTIALS', side: 'source' }],
      ['certificates for another host', 'wrongHost', undefined, { code: 'NBD_TLS_HOSTNAME' }],
      [
        'a destination that is not who it should be',
        'good',
        'elsewhere.example',
        { code: 'NBD_TLS_HOSTNAME' },
      ],
    ] as const)('stays where it is with %s', async (_, folder, hostname, expected) => {
      const before = [await leftovers(pair.source), await leftovers(pair.destination)];
      const directory = folder === undefined ? '/nowhere/at/all' : pki[folder];
      const error = await failed(pair, { tls: { directory, ...(hostname !== undefined && { hostname }) } });
      expect(error).toMatchObject(expected);
      expect(error.result).toMatchObject({ exit: 1 });
      expect([await leftovers(pair.source), await leftovers(pair.destination)]).toEqual(before);
      await goesOn(pair, 'source');
    });

    it('stays where it is when its memory would go to the wrong host', async () => {
      // A destination of its own: the other one has yet to take the guest.
      const ends = { source: pair.source, destination: await pair.startSpare() };
      await using _ = ends.destination;
      const before = await leftovers(pair.source);
      const tls = { directory: pki.good, hostname: 'elsewhere.example' };
      const error = await failed(ends, { tls, disks: 'none', unsafe: true });
      expect(error).toMatchObject({ code: 'STREAM_FAILED' });
      expect(await leftovers(pair.source)).toEqual(before);
      await goesOn(ends, 'source');
    });

    it('moves after all that, with certificates that are right', async () => {
      await moveGuest(pair, ['vda', 'vdb'], { tls: { directory: pki.good } });
    });
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
