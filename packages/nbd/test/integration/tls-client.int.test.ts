import {
  blankImage,
  type LabPki,
  type Listen,
  makePki,
  type NbdPeer,
  nbdkit,
  nbdkitOn,
  qemuNbd,
  requires,
  Scratch,
} from '@blockferry/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ConnectOptions,
  compare,
  connect,
  copy,
  info,
  list,
  type TlsCredentials,
} from '../../src/index.js';
import { firstDifference, KiB, MiB, noise } from '../support/contents.js';

const lab = requires('qemu-nbd', 'qemu-img', 'nbdkit', 'openssl');

describe.skipIf(!lab.available)('our client and servers with GnuTLS', () => {
  let scratch: Scratch;
  let pki: LabPki;
  beforeAll(async () => {
    scratch = new Scratch();
    pki = await makePki(scratch.join('pki'));
  });
  afterAll(() => scratch[Symbol.asyncDispose]());

  let images = 0;
  async function qemu(folder: string, listen: Listen = 'unix', more = ''): Promise<NbdPeer> {
    images += 1;
    const image = scratch.join(`disk${images}`);
    await blankImage(image, 8);
    const object = `tls-creds-x509,id=tls0,dir=${folder},endpoint=server,verify-peer=on${more}`;
    return qemuNbd(image, { listen, extraArguments: ['--object', object, '--tls-creds', 'tls0'] });
  }
  const kit = (folder: string, listen: Listen = 'unix'): Promise<NbdPeer> =>
    nbdkitOn(listen, '--tls=require', `--tls-certificates=${folder}`, '--tls-verify-peer', 'memory', '8M');
  const SERVERS = { 'qemu-nbd': qemu, nbdkit: kit };
  const NAMES = Object.keys(SERVERS) as (keyof typeof SERVERS)[];

  /** The URI of a peer, on its socket or its port. */
  const overUnix = (peer: NbdPeer): string => `nbds+unix:///?socket=${peer.socketPath}`;
  const overTcp = (peer: NbdPeer, host = 'localhost'): string =>
    peer.uri.replace('nbd:', 'nbds:').replace('127.0.0.1', host);
  const creds = (directory: string, hostname?: string): TlsCredentials =>
    hostname === undefined ? { directory } : { directory, hostname };

  async function exchange(uri: string, options: Parameters<typeof connect>[1]): Promise<void> {
    await using handle = await connect(uri, options);
    expect(handle.size).toBe(8 * MiB);
    const data = noise(3 * MiB + 12 * KiB);
    await Promise.all([handle.write(0, data), handle.write(4 * MiB, data.subarray(0, 4 * KiB))]);
    await handle.flush();
    const [all, part] = await Promise.all([handle.read(0, data.length), handle.read(4 * MiB, 4 * KiB)]);
    expect(firstDifference(all, data)).toBeUndefined();
    expect(firstDifference(part, data.subarray(0, 4 * KiB))).toBeUndefined();
  }

  it.each(NAMES)('%s: describes, lists and moves data over a unix socket', async (name) => {
    await using peer = await SERVERS[name](pki.good);
    const options = { tls: creds(pki.good, 'localhost') };
    expect((await info(overUnix(peer), options)).size).toBe(8 * MiB);
    expect(await list(overUnix(peer), options)).toHaveLength(1);
    await exchange(overUnix(peer), options);
  });

  it.each(NAMES)('%s: moves data over TCP, by a name and by an address', async (name) => {
    await using peer = await SERVERS[name](pki.good, 'tcp');
    await exchange(overTcp(peer), { tls: creds(pki.good) });
    await exchange(overTcp(peer, '127.0.0.1'), { tls: creds(pki.good) });
    await exchange(overTcp(peer, '127.0.0.1'), { tls: creds(pki.good, 'host-a') });
  });

  it.each(NAMES)('%s: copies to it and compares, on several connections', async (name) => {
    await using peer = await SERVERS[name](pki.good);
    const image = scratch.join(`source-${name}`);
    await blankImage(image, 8);
    const source = await import('node:fs/promises').then(({ open }) => open(image, 'r+'));
    await source.write(noise(2 * MiB), 0, 2 * MiB, 3 * MiB);
    await source.close();
    const options = { tls: creds(pki.good, 'localhost'), requestSize: 64 * KiB };
    await copy(image, overUnix(peer), options).done;
    expect(await compare(image, overUnix(peer), options)).toMatchObject({ equal: true });
  });

  it('speaks TLS 1.2 with a server that knows no newer one', async () => {
    await using peer = await qemu(pki.good, 'unix', ',priority=NORMAL:-VERS-TLS1.3');
    await exchange(overUnix(peer), { tls: creds(pki.good, 'localhost') });
  });

  it('renews its keys while it writes', async () => {
    await using peer = await qemu(pki.good);
    // 3 MiB are some 200 records: the keys change a few times. GnuTLS takes eight changes a second.
    await exchange(overUnix(peer), { tls: creds(pki.good, 'localhost'), tlsRecordsPerKey: 64 });
  });

  const refusals: [
    what: string,
    server: keyof LabPki,
    client: keyof LabPki,
    hostname: string | undefined,
    code: string,
  ][] = [
    ['an expired certificate', 'expired', 'good', undefined, 'NBD_TLS_EXPIRED'],
    ['a certificate for another host', 'wrongHost', 'good', undefined, 'NBD_TLS_HOSTNAME'],
    ['a name that the certificate is not for', 'good', 'good', 'host-c', 'NBD_TLS_HOSTNAME'],
    ['a server of another CA', 'otherCa', 'good', undefined, 'NBD_TLS_UNTRUSTED'],
    ['no certificate of its own', 'good', 'caOnly', undefined, 'NBD_TLS_CLIENT_CERTIFICATE'],
    ['no credentials at all', 'good', 'absent' as keyof LabPki, undefined, 'NBD_TLS_CREDENTIALS'],
  ];
  // qemu-nbd itself does not start with a certificate that has expired.
  const refusalsBy = (name: string): typeof refusals =>
    refusals.filter(([, server]) => name !== 'qemu-nbd' || server !== 'expired');
  describe.each(NAMES)('%s', (name) => {
    it.each(refusalsBy(name))('%s', async (_what, server, client, hostname, code) => {
      await using peer = await SERVERS[name](pki[server], 'tcp');
      const options: ConnectOptions = { tls: creds(pki[client] ?? scratch.join('absent'), hostname) };
      await expect(connect(overTcp(peer), options)).rejects.toMatchObject({ code });
    });
  });

  it('is turned away with a certificate of a CA that the server does not know', async () => {
    await using peer = await qemu(pki.good);
    const tls: TlsCredentials = { directory: pki.otherCa, verifyPeer: false };
    await expect(connect(overUnix(peer), { tls })).rejects.toMatchObject({
      code: 'NBD_TLS_CLIENT_CERTIFICATE',
    });
  });

  it('never falls back to plain text, and is told where TLS is demanded', async () => {
    const image = scratch.join('plain');
    await blankImage(image, 1);
    await using plainQemu = await qemuNbd(image);
    await using plainKit = await nbdkit('--tls=off', 'memory', '1M');
    for (const peer of [plainQemu, plainKit]) {
      const attempt = connect(overUnix(peer), { tls: creds(pki.good, 'localhost') });
      await expect(attempt).rejects.toMatchObject({ code: 'NBD_TLS_REFUSED' });
    }
    await using secure = await qemu(pki.good);
    await expect(connect(secure.uri)).rejects.toMatchObject({ code: 'NBD_TLS_REQUIRED' });
    await expect(connect(secure.uri, { tls: creds(pki.good) })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });
});
