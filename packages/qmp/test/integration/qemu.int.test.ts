import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectQmp, isEvent, type MigrationStatus, type QmpClient } from '../../src/index.js';

const QEMU = 'qemu-system-x86_64';
const installed = spawnSync(QEMU, ['--version']).status === 0;
const required = process.env['BLOCKFERRY_LAB'] === '1';
const without = installed
  ? ''
  : ` (skipped: ${QEMU} is not installed; on Debian: apt-get install qemu-system-x86)`;

describe.skipIf(!installed && !required)(`a real QEMU${without}`, () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'qmp-'));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('greets, answers and refuses', async () => {
    await using qemu = await RealQemu.start(folder, 'answers');
    const { client } = qemu;
    expect(client.greeting.version.qemu.major).toBeGreaterThanOrEqual(7);
    expect(await client.execute('query-version')).toEqual(client.greeting.version);
    expect(await client.execute('query-migrate')).toEqual({});
    const refused = client.execute('block-dirty-bitmap-disable', { node: 'vda', name: 'gone' });
    await expect(refused).rejects.toMatchObject({
      code: 'QMP_COMMAND',
      class: 'GenericError',
      description: "Dirty bitmap 'gone' not found",
    });
    const unknown = client.execute('no-such-command');
    await expect(unknown).rejects.toMatchObject({ code: 'QMP_COMMAND', class: 'CommandNotFound' });
  });

  it('takes and gives 64-bit integers without losing a digit', async () => {
    await using qemu = await RealQemu.start(folder, 'integers');
    for (const bytesPerSecond of [2n ** 63n - 1n, 2n ** 53n + 1n, 2 ** 53 - 1]) {
      await qemu.client.execute('migrate-set-parameters', { 'max-bandwidth': bytesPerSecond });
      const parameters = await qemu.client.execute('query-migrate-parameters');
      expect(parameters['max-bandwidth']).toBe(bytesPerSecond);
    }
  });

  it('carries out a batch in order, and all commands under way', async () => {
    await using qemu = await RealQemu.start(folder, 'batch');
    const add = { execute: 'block-dirty-bitmap-add', arguments: { node: 'vda', name: 'm0' } } as const;
    const [added, again, nodes] = qemu.client.batch([add, add, { execute: 'query-named-block-nodes' }]);
    expect(await added).toEqual({});
    await expect(again).rejects.toMatchObject({ description: 'Bitmap already exists: m0' });
    const vda = (await nodes).find((node) => node['node-name'] === 'vda');
    expect(vda?.['dirty-bitmaps']).toMatchObject([{ name: 'm0', count: 0, recording: true, busy: false }]);
    const many = Array.from({ length: 100 }, () => qemu.client.execute('query-status'));
    expect(await Promise.all(many)).toHaveLength(100);
  });

  it('serves one client at a time, which a second one is told', async () => {
    await using qemu = await RealQemu.start(folder, 'busy');
    await expect(connectQmp(qemu.client.uri, { handshakeTimeoutMs: 300 })).rejects.toMatchObject({
      code: 'QMP_HANDSHAKE',
      message: expect.stringContaining('one client at a time'),
    });
    expect(await qemu.client.execute('query-name')).toEqual({});
  });

  it('migrates from one to the other, told by its events', async () => {
    await using source = await RealQemu.start(folder, 'source');
    await using destination = await RealQemu.start(folder, 'destination', '-incoming', 'defer');
    const capabilities = [
      { capability: 'events', state: true },
      { capability: 'pause-before-switchover', state: true },
    ] as const;
    await source.client.execute('migrate-set-capabilities', { capabilities });
    await destination.client.execute('migrate-set-capabilities', { capabilities: capabilities.slice(0, 1) });
    expect(await destination.client.execute('query-status')).toMatchObject({ status: 'inmigrate' });

    const uri = `unix:${join(folder, 'state')}`;
    const stopped = source.client.waitForEvent((event) => isEvent(event, 'STOP'));
    const preSwitchover = migrationStatus(source.client, 'pre-switchover');
    await destination.client.execute('migrate-incoming', { uri });
    await source.client.execute('migrate', { uri });
    expect((await stopped).at).toBeLessThanOrEqual((await preSwitchover).at);
    expect(await source.client.execute('query-migrate')).toMatchObject({ status: 'pre-switchover' });

    const completed = [source, destination].map(({ client }) => migrationStatus(client, 'completed'));
    await source.client.execute('migrate-continue', { state: 'pre-switchover' });
    await Promise.all(completed);
    expect(await source.client.execute('query-status')).toMatchObject({ status: 'postmigrate' });
    expect(await destination.client.execute('query-status')).toMatchObject({ running: true });
  });

  it('ends with an event, an answer and the connection', async () => {
    await using qemu = await RealQemu.start(folder, 'quits');
    const events = qemu.client.events();
    await qemu.client.execute('quit');
    expect(await qemu.client.closed).toMatchObject({ code: 'QMP_CLOSED' });
    expect((await events.next()).value).toMatchObject({
      event: 'SHUTDOWN',
      data: { reason: 'host-qmp-quit' },
    });
    await expect(qemu.client.execute('query-status')).rejects.toMatchObject({ code: 'QMP_CLOSED' });
  });
});

function migrationStatus(client: QmpClient, status: MigrationStatus) {
  return client.waitForEvent((event) => isEvent(event, 'MIGRATION') && event.data.status === status);
}

/** A QEMU without a machine, but with a disk `vda`, and a client on its monitor. */
class RealQemu implements AsyncDisposable {
  readonly client: QmpClient;
  readonly #process: ChildProcess;

  static async start(folder: string, name: string, ...extra: readonly string[]): Promise<RealQemu> {
    const socket = join(folder, `${name}.qmp`);
    const image = join(folder, `${name}.raw`);
    writeFileSync(image, Buffer.alloc(1024 * 1024));
    const machine = ['-machine', 'none', '-nodefaults', '-display', 'none'];
    const disk = ['-blockdev', `driver=raw,node-name=vda,file.driver=file,file.filename=${image}`];
    // All monitors listen before the first one speaks: the one on standard output tells when ours can be reached.
    const monitors = ['-qmp', `unix:${socket},server=on,wait=off`, '-qmp', 'stdio'];
    const args = [...machine, ...disk, ...monitors, ...extra];
    const child = spawn(QEMU, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    try {
      return new RealQemu(child, await connectQmp(`qmp+unix://${socket}`));
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  private constructor(child: ChildProcess, client: QmpClient) {
    this.#process = child;
    this.client = client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }
}
