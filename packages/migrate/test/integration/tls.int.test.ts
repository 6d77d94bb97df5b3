import { createServer } from 'node:net';
import { type LabPki, leftovers, makePki, QemuPair, requires, Scratch } from '@blockferry/lab';
import { connect, NbdError } from '@blockferry/nbd';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { moveGuest } from '../support/moved-guest.js';
import { failed, goesOn, isPhase, migrate, verified } from '../support/qemu-migration.js';
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

  it.each([
    ['unix', 'installed'],
    ['tcp', 'installed'],
    ['tcp', '7.2'],
  ] as const)('monitors on %s, QEMU %s', async (monitors, release) => {
    await using pair = await QemuPair.start({
      disks: DISKS,
      monitors,
      sourceRelease: release,
      destinationRelease: release,
    });
    await moveGuest(pair, ['vda', 'vdb'], { tls: { directory: pki.good } });
  });

  it('and whoever listens on the line hears nothing in plain', async () => {
    await using pair = await QemuPair.start({ disks: DISKS, monitors: 'tcp' });
    // The destination listens on another address of this machine, and is reached through the taps.
    await using disks = await Tap.start('127.0.0.1', '127.0.0.2');
    await using state = await Tap.start('127.0.0.1', '127.0.0.2');
    const { error } = await migrate(pair, {
      tls: { directory: pki.good },
      destinationNbd: `nbd://127.0.0.1:${disks.port}`,
      stateUri: `tcp://127.0.0.1:${state.port}`,
      params: { listen_address: '127.0.0.2' },
    });
    expect(error).toBeUndefined();
    // A TLS handshake record from its first byte on; QEMU's stream in plain begins with QEVM.
    expect(state.heard().subarray(0, 2)).toEqual(Buffer.from([0x16, 3]));
    expect(state.bytes).toBeGreaterThan(1 << 20);
    expect(disks.bytes).toBeGreaterThan(16 << 20);
    // The magic of an NBD request: what the client says in plain ends with STARTTLS.
    expect(disks.heard().includes(Buffer.from('25609513', 'hex'))).toBe(false);
    await goesOn(pair, 'destination');
    await verified(pair, 'destination');
  });

  it('and its servers speak to nobody in plain meanwhile', async () => {
    await using pair = await QemuPair.start({ disks: DISKS });
    const port = await freePort();
    let seen: unknown;
    const { error } = await migrate(
      pair,
      { tls: { directory: pki.good }, sourceNbd: `nbd://127.0.0.1:${port}` },
      async (event) => {
        if (!isPhase(event, 'bulk')) return;
        seen = await connect(`nbd://127.0.0.1:${port}/x`).catch((refusal: unknown) => refusal);
      },
    );
    expect(error).toBeUndefined();
    expect(NbdError.is(seen) && seen.code).toBe('NBD_TLS_REQUIRED');
  });

  it.each([
    ['certificates that have expired', 'expired', undefined, { code: 'NBD_TLS_CREDENTIALS', side: 'source' }],
    ['a folder that is not there', undefined, undefined, { code: 'NBD_TLS_CREDENTIALS', side: 'source' }],
    ['certificates for another host', 'wrongHost', undefined, { code: 'NBD_TLS_HOSTNAME' }],
    ['a destination that is not who it should be', 'good', 'elsewhere.example', { code: 'NBD_TLS_HOSTNAME' }],
  ] as const)('stays where it is with %s', async (_, folder, hostname, expected) => {
    await using pair = await QemuPair.start({ disks: DISKS });
    const before = [await leftovers(pair.source), await leftovers(pair.destination)];
    const directory = folder === undefined ? '/nowhere/at/all' : pki[folder];
    const error = await failed(pair, { tls: { directory, ...(hostname !== undefined && { hostname }) } });
    expect(error).toMatchObject(expected);
    expect(error.result).toMatchObject({ exit: 1 });
    expect([await leftovers(pair.source), await leftovers(pair.destination)]).toEqual(before);
    await goesOn(pair, 'source');
  });

  it('stays where it is when its memory would go to the wrong host', async () => {
    await using pair = await QemuPair.start({ disks: DISKS });
    const before = await leftovers(pair.source);
    const tls = { directory: pki.good, hostname: 'elsewhere.example' };
    const error = await failed(pair, { tls, disks: 'none', unsafe: true });
    expect(error).toMatchObject({ code: 'STREAM_FAILED' });
    expect(await leftovers(pair.source)).toEqual(before);
    await goesOn(pair, 'source');
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
