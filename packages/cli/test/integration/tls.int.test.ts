import { type LabPki, makePki, nbdinfo, requires, Scratch, sha256 } from '@blockferry/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blockferry, result, startServe } from '../support/blockferry.js';
import { sparseImage } from '../support/images.js';

const lab = requires('openssl', 'nbdinfo');

describe.skipIf(!lab.available)('TLS on the command line', () => {
  let scratch: Scratch;
  let pki: LabPki;
  let disk: string;
  beforeAll(async () => {
    scratch = new Scratch();
    pki = await makePki(scratch.join('pki'));
    disk = scratch.join('disk');
    await sparseImage(disk);
  });
  afterAll(() => scratch[Symbol.asyncDispose]());

  it('serve, info, list, map, copy and verify with --tls-creds', async () => {
    await using server = await startServe(disk, '--listen', 'nbd://127.0.0.1:0', '--tls-creds', pki.good);
    expect(server.uri).toMatch(/^nbds:/);
    const creds = ['--tls-creds', pki.good];
    const copied = scratch.join('copied');
    for (const command of [
      ['info', server.uri],
      ['list', server.uri],
      ['map', server.uri, '--totals'],
      ['copy', server.uri, copied],
      ['verify', server.uri, disk],
    ]) {
      expect(await blockferry(...command, ...creds)).toMatchObject({ status: 0 });
    }
    expect(await sha256(copied)).toBe(await sha256(disk));
    expect(await nbdinfo(`${server.uri}?tls-certificates=${pki.good}`)).toMatchObject({ TLS: true });
    const inUri = await blockferry('info', `${server.uri}?tls-certificates=${pki.good}`);
    expect(inUri.status).toBe(0);
  });

  it('says what is wrong with a certificate, and what to do', async () => {
    await using server = await startServe(disk, '--listen', 'nbd://127.0.0.1:0', '--tls-creds', pki.good);
    for (const [folder, code, word] of [
      [pki.caOnly, 'NBD_TLS_CLIENT_CERTIFICATE', 'client-cert.pem'],
      [pki.otherCa, 'NBD_TLS_UNTRUSTED', 'ca-cert.pem'],
      [scratch.join('nowhere'), 'NBD_TLS_CREDENTIALS', 'nowhere'],
    ] as const) {
      const { status, stdout } = await blockferry('info', server.uri, '--tls-creds', folder, '--json');
      expect(status).toBe(1);
      const told = { code, message: expect.stringContaining(word) };
      expect(result(stdout)).toMatchObject({ ok: false, error: told });
    }
  });

  it('lets in clients without a certificate with --no-tls-verify-peer', async () => {
    const listen = ['--listen', 'nbd://127.0.0.1:0'];
    await using server = await startServe(disk, ...listen, '--tls-creds', pki.good, '--no-tls-verify-peer');
    expect(await blockferry('info', server.uri, '--tls-creds', pki.caOnly)).toMatchObject({ status: 0 });
  });
});
