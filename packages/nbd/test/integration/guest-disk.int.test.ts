import { buildGuest, fillImage, LabVm, makePki, requires, verifyImage } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { type NbdServer, serve } from '../../src/index.js';
import { FORMS, TRANSPORTS } from '../support/foreign-servers.js';
import { qemuCredentials, qemuNode } from '../support/qemu-client.js';
import { Workspace } from '../support/workspace.js';

const lab = requires('guest', 'qemu-system-x86_64', 'qemu-img', 'openssl');

const CELLS = TRANSPORTS.flatMap((listen) =>
  FORMS.flatMap((replies) => [false, true].map((tls) => ({ listen, replies, tls }))),
);

/** A disk for each cell, all of one guest, which takes longer to boot than to write them. */
describe.skipIf(!lab.available)(`a QEMU guest's disks on servers ${lab.reason}`, () => {
  it('hold what the guest has flushed, with each form of replies, in plain and over TLS', async () => {
    await using workspace = await Workspace.create();
    const { good } = await makePki(workspace.path('pki'));
    await using disks = new Disks(workspace, good);
    for (const cell of CELLS) await disks.add(cell);
    await using vm = await LabVm.start({
      name: 'guest',
      directory: workspace.path('vm'),
      disks: [],
      guest: await buildGuest(),
      workload: Object.fromEntries(disks.list.map(({ name }) => [name, 512])),
      extraArguments: [...qemuCredentials(good), ...disks.list.flatMap(({ server }) => drive(server))],
    });
    const { generations, bad, errors } = await vm.waitBeats(3);
    expect({ bad, errors, complaints: vm.console.complaints }).toEqual({ bad: 0, errors: 0, complaints: [] });
    await vm.end();
    await disks.close();
    for (const { name, file, cell } of disks.list) {
      const flushed = generations[name] ?? 0;
      expect(flushed, cell).toBeGreaterThan(0);
      expect(await verifyImage(file, flushed), cell).toMatchObject({ status: 'ok' });
    }
  });
});

interface Disk {
  /** As the guest calls it. */
  readonly name: string;
  readonly file: string;
  readonly server: NbdServer;
  readonly cell: string;
}

/** The guest's disks, in its order, each on a server of its own. */
class Disks implements AsyncDisposable {
  readonly list: Disk[] = [];
  readonly #workspace: Workspace;
  readonly #directory: string;

  constructor(workspace: Workspace, directory: string) {
    this.#workspace = workspace;
    this.#directory = directory;
  }

  async add({ listen, replies, tls }: (typeof CELLS)[number]): Promise<void> {
    const name = `vd${String.fromCharCode('a'.charCodeAt(0) + this.list.length)}`;
    const file = this.#workspace.path(name);
    await fillImage(file, name, 4, 2);
    const server = await serve({
      file,
      listen: listen === 'unix' ? this.#workspace.socket(`${name}.sock`) : 'nbd://127.0.0.1:0',
      replies,
      ...(tls && { tls: { directory: this.#directory } }),
    });
    this.list.push({ name, file, server, cell: `${listen}, ${replies}${tls ? ', TLS' : ''}` });
  }

  async close(): Promise<void> {
    await Promise.all(this.list.map(({ server }) => server.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The guest's next disk. */
function drive(server: NbdServer): string[] {
  return ['-drive', `if=virtio,format=raw,discard=unmap,${qemuNode(server, 'file.')}`];
}
