import { readFile, writeFile } from 'node:fs/promises';
import {
  type LabPki,
  makePki,
  nbdcopy,
  nbdinfo,
  python,
  qemuImg,
  qemuIo,
  requires,
  run,
  Scratch,
} from '@blockferry/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type NbdServer, type ServeOptions, serve } from '../../src/index.js';
import { firstDifference, MiB, noise } from '../support/contents.js';
import { fioVerified } from '../support/fio.js';
import { FORMS, TRANSPORTS } from '../support/foreign-servers.js';
import { qemuCredentials, qemuNode } from '../support/qemu-client.js';

const lab = requires('python3-libnbd', 'nbdcopy', 'nbdinfo', 'qemu-img', 'qemu-io', 'fio', 'openssl');

describe.skipIf(!lab.available)('our server and clients with GnuTLS', () => {
  let scratch: Scratch;
  let pki: LabPki;
  beforeAll(async () => {
    scratch = new Scratch();
    pki = await makePki(scratch.join('pki'));
  });
  afterAll(() => scratch[Symbol.asyncDispose]());

  let sockets = 0;
  function unix(): string {
    sockets += 1;
    return `nbd+unix:///?socket=${scratch.join(`${sockets}.sock`)}`;
  }
  const LISTEN = { unix, tcp: () => 'nbd://127.0.0.1:0' };
  const CELLS = TRANSPORTS.flatMap((kind) => FORMS.map((replies) => [kind, replies] as const));

  function start(options: Partial<ServeOptions> = {}): Promise<NbdServer> {
    const storage = options.file === undefined ? { memory: 8 * MiB } : {};
    return serve({ ...storage, listen: unix(), tls: { directory: pki.good }, ...options });
  }

  /** What libnbd is told. */
  const libnbd = (server: NbdServer, folder = pki.good): string =>
    `${server.uri}${server.uri.includes('?') ? '&' : '?'}tls-certificates=${folder}`;

  /** What QEMU's tools are told. */
  function qemu(server: NbdServer, more = ''): string[] {
    return [...qemuCredentials(pki.good, more), '--image-opts', qemuNode(server)];
  }

  it.each(CELLS)('%s, %s: nbdinfo, nbdcopy and libnbd in Python', async (kind, replies) => {
    await using server = await start({ listen: LISTEN[kind](), replies });
    expect(server.uri).toMatch(/^nbds/);
    const structured = replies !== 'simple';
    expect(await nbdinfo(libnbd(server))).toMatchObject({
      TLS: true,
      structured,
      exports: [{ 'export-size': 8 * MiB }],
    });
    expect((await python(LIBNBD, libnbd(server))).stdout).toBe(`${structured ? 'True' : 'False'}\n`);
    const image = scratch.join(`${kind}-${replies}.raw`);
    await writeFile(image, noise(8 * MiB));
    await nbdcopy(image, libnbd(server));
    await nbdcopy(libnbd(server), `${image}.back`);
    expect(firstDifference(await readFile(`${image}.back`), noise(8 * MiB))).toBeUndefined();
  });

  it.each(CELLS)('%s, %s: qemu-img and qemu-io', async (kind, replies) => {
    await using server = await start({ listen: LISTEN[kind](), replies });
    const commands = [
      'write -P 7 1M 3M',
      'flush',
      'read -P 7 1M 3M',
      'read -P 0 0 1M',
      'write -z 2M 1M',
      'read -P 0 2M 1M',
    ];
    const { stdout } = await run('qemu-io', [...qemu(server), ...commands.flatMap((one) => ['-c', one])]);
    expect(stdout).not.toContain('Pattern verification failed');
    expect((await qemuImg('info', ...qemu(server))).stdout).toContain('8 MiB');
    const copied = scratch.join(`${kind}-${replies}-convert.raw`);
    await qemuImg('convert', ...qemu(server), '-O', 'raw', copied);
    expect((await qemuIo(copied, ['read -P 7 1M 1M', 'read -P 7 3M 1M'])).stdout).not.toContain('failed');
  });

  it.each(CELLS)("%s, %s: fio's NBD engine, with verification", async (kind, replies) => {
    const image = scratch.join(`${kind}-${replies}-fio.raw`);
    await writeFile(image, Buffer.alloc(8 * MiB));
    await using server = await start({ file: image, listen: LISTEN[kind](), replies });
    await fioVerified(server.uri, 8 * MiB, pki.good);
    expect(firstDifference(await readFile(image), Buffer.alloc(8 * MiB))).toBe(0);
  });

  it('speaks TLS 1.2 with a client that knows no newer one', async () => {
    await using server = await start();
    const { stdout } = await run('qemu-io', [
      ...qemu(server, ',priority=NORMAL:-VERS-TLS1.3'),
      ...['-c', 'write -P 7 1M 3M', '-c', 'read -P 7 1M 3M'],
    ]);
    expect(stdout).toContain('read 3145728/3145728 bytes');
    expect(stdout).not.toContain('failed');
  });

  it('lets in nobody without a certificate, and says nothing in plain', async () => {
    await using server = await start();
    const statuses = { statuses: [1] };
    await run('nbdinfo', [libnbd(server, pki.caOnly)], statuses);
    const plain = server.uri.replace(/^nbds/, 'nbd');
    const { stderr } = await run('nbdinfo', [plain], statuses);
    expect(stderr).toMatch(/TLS|not supported/i);
    await expect(connect(plain)).rejects.toMatchObject({ code: 'NBD_TLS_REQUIRED' });
  });

  it('is not believed with a certificate that has expired, or is for another host', async () => {
    for (const folder of [pki.expired, pki.wrongHost]) {
      await using server = await start({ listen: 'nbd://127.0.0.1:0', tls: { directory: folder } });
      await run('nbdinfo', [libnbd(server)], { statuses: [1] });
    }
  });

  it('lets in anyone who trusts it, if told so', async () => {
    await using server = await start({ tls: { directory: pki.good, verifyPeer: false } });
    expect(await nbdinfo(libnbd(server, pki.caOnly))).toMatchObject({ TLS: true });
  });

  it('takes its certificates from the URI to listen on', async () => {
    const listen = `${unix().replace(/^nbd/, 'nbds')}&tls-certificates=${pki.good}&tls-verify-peer=0`;
    await using server = await serve({ memory: MiB, listen });
    expect(await nbdinfo(libnbd(server, pki.caOnly))).toMatchObject({ TLS: true });
    const nothing = serve({ memory: MiB, listen: unix().replace(/^nbd/, 'nbds') });
    await expect(nothing).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

const LIBNBD = `
import nbd, sys
h = nbd.NBD()
h.set_uri_allow_local_file(True)
h.connect_uri(sys.argv[1])
assert h.get_tls_negotiated()
data = bytes(range(256)) * 4096
h.pwrite(data, 4096)
assert h.pread(len(data), 4096) == data
h.zero(len(data), 4096)
print(h.get_structured_replies_negotiated())
h.shutdown()
`;
