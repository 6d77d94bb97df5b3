import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import {
  blankImage,
  LabVm,
  type Leftovers,
  leftovers,
  randomImage,
  requires,
  Scratch,
  type Side,
  sha256,
} from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { blockferry, type CommandResult, type EventLine } from './command.js';

const lab = requires('qemu-system-x86_64', 'qemu-img');

describe.skipIf(!lab.available)(`where a migration between two QEMUs listens ${lab.reason}`, () => {
  it('on sockets, with paths as long as they may be', async () => {
    await using ends = await Ends.start('unix', 'unix');
    const [source, destination, state] = ['source', 'destination', 'state'].map((name) =>
      ends.socket(name, 107),
    );
    const run = await ends.migrate(
      ...['--source-nbd', `nbd+unix:///?socket=${source}`],
      ...['--destination-nbd', `unix://${destination}`, '--state-uri', `unix:${state}`],
    );
    expect(run.during.source).toEqual([`unix:${source}`]);
    expect(run.during.destination).toEqual([`unix:${destination}`, `unix:${state}`]);
    await ends.moved(run);
  });

  it('over TCP between monitors on sockets, when asked to, by options or parameters', async () => {
    await using ends = await Ends.start('unix', 'unix');
    const run = await ends.migrate(
      ...['--source-nbd', 'tcp://127.0.0.1', '--param', 'disks_uri=tcp://127.0.0.1:0'],
      ...['--param', 'migrate_uri=tcp:127.0.0.1:0'],
    );
    expect(hosts(run.during.source)).toEqual([LOOPBACK]);
    expect(hosts(run.during.destination)).toEqual([LOOPBACK, LOOPBACK]);
    await ends.moved(run);
  });

  it("from a socket to TCP: the destination's host follows from its monitor", async () => {
    await using ends = await Ends.start('unix', '127.0.0.1');
    const run = await ends.migrate();
    expect(run.during.source).toEqual([expect.stringMatching(/^unix:.*\/blockferry-\w+\/source-nbd$/)]);
    expect(hosts(run.during.destination)).toEqual([LOOPBACK, LOOPBACK]);
    await ends.moved(run);
  });

  it('from TCP to a socket, once it is told where the source finds the destination', async () => {
    await using ends = await Ends.start('127.0.0.1', 'unix');
    const before = await ends.leftovers();
    for (const command of ['migrate', 'plan'] as const) {
      const refused = await ends.run(command);
      expect(refused.exit).toBe(2);
      expect(`${refused.stderr}${JSON.stringify(refused.result)}`).toContain(
        'give --state-uri tcp://HOST:PORT',
      );
    }
    expect(await ends.leftovers()).toEqual(before);
    await ends.moved(await ends.migrate('--state-uri', 'tcp://127.0.0.1'));
  });

  it('over IPv6', async () => {
    await using ends = await Ends.start('::1', '::1');
    const run = await ends.migrate();
    expect(hosts(run.during.source)).toEqual([LOOPBACK_6]);
    expect(hosts(run.during.destination)).toEqual([LOOPBACK_6, LOOPBACK_6]);
    await ends.moved(run);
  });

  it('on every address, when it is given a wildcard', async () => {
    await using ends = await Ends.start('unix', '127.0.0.1');
    const run = await ends.migrate('--source-nbd', 'nbd://[::]', '--param', 'listen_address=0.0.0.0');
    expect(hosts(run.during.source)).toEqual([ANY_6]);
    expect(hosts(run.during.destination)).toEqual([ANY, ANY]);
    await ends.moved(run);
  });

  it('on the port of disks_port', async () => {
    await using ends = await Ends.start('127.0.0.1', '127.0.0.1');
    const port = await freePort();
    const run = await ends.migrate('--param', `disks_port=${port}`);
    expect(run.during.destination).toContain(
      `tcp:${LOOPBACK}:${port.toString(16).toUpperCase().padStart(4, '0')}`,
    );
    await ends.moved(run);
  });

  it('on the next port, when one is in use', async () => {
    await using ends = await Ends.start('127.0.0.1', '127.0.0.1');
    await using taken = await occupied();
    const run = await ends.migrate('--port-range', `${taken.port}-${Math.min(65535, taken.port + 30)}`);
    await ends.moved(run);
  });

  for (const [what, before] of [
    ["the source's NBD server", []],
    ["the destination's NBD server", ['--source-nbd', 'unix:///SOCKET']],
    [
      "the destination's state stream",
      ['--source-nbd', 'unix:///SOCKET', '--destination-nbd', 'nbd://127.0.0.1:FREE'],
    ],
  ] as const) {
    it(`fails and leaves nothing when all ports are taken for ${what}`, async () => {
      await using ends = await Ends.start('127.0.0.1', '127.0.0.1');
      await using taken = await occupied();
      const free = await freePort();
      const options = before.map((text) =>
        text.replace('/SOCKET', ends.socket('nbd')).replace('FREE', String(free)),
      );
      await ends.fails(
        await ends.run('migrate', '--port-range', `${taken.port}-${taken.port}`, ...options),
        `All ports from ${taken.port} to ${taken.port} are in use for ${what}: give another --port-range.`,
      );
    });
  }

  for (const [option, code, uri] of [
    ['--source-nbd', 'NBD_CONNECT', 'nbd://127.0.0.1:PORT'],
    ['--destination-nbd', 'NBD_CONNECT', 'nbd://127.0.0.1:PORT'],
    ['--state-uri', 'STREAM_FAILED', 'tcp:127.0.0.1:PORT'],
    // Of the documentation's network: no address of this machine.
    ['--destination-nbd', 'NBD_CONNECT', 'nbd://192.0.2.1:PORT'],
    ['--state-uri', 'STREAM_FAILED', 'unix:/nowhere/at/all'],
  ] as const) {
    it(`fails before it copies, and leaves nothing, when nobody can listen on ${option} ${uri}`, async () => {
      await using ends = await Ends.start('unix', 'unix');
      await using taken = await occupied();
      const run = await ends.run('migrate', option, uri.replace('PORT', String(taken.port)));
      expect(run.result).toMatchObject({ error: { code, phase: 'prepare' } });
      await ends.fails(run, `give another ${option}.`);
      // The destination can still take a guest.
      await ends.moved(await ends.migrate());
    });
  }

  for (const [option, text, why] of [
    ['--source-nbd', 'nbd://127.0.0.1:1/vda', 'the export is ours to name'],
    [
      '--destination-nbd',
      `unix:///${'s'.repeat(107)}`,
      "a socket's path ends at 107 bytes, this one has 108",
    ],
    ['--destination-nbd', 'nbds://127.0.0.1:1', 'TLS'],
    ['--state-uri', 'exec:cat', 'tcp://host:port or unix:///PATH'],
    ['--param', 'disks_port=5', '--destination-nbd nbd://HOST:PORT'],
    ['--param', 'listen_address=tcp://127.0.0.1', 'give a host name or an IP address'],
  ] as const) {
    it(`refuses ${option} ${text.slice(0, 40)} as a mistake of usage`, async () => {
      await using ends = await Ends.start('unix', 'unix');
      const before = await ends.leftovers();
      const run = await ends.run('migrate', option, text);
      expect(run.exit).toBe(2);
      expect(`${run.stderr}${JSON.stringify(run.result)}`).toContain(why);
      expect(await ends.leftovers()).toEqual(before);
    });
  }
});

/** Where a monitor is: a socket, or a free port of a host. */
type Place = 'unix' | '127.0.0.1' | '::1';

type Both = Readonly<Record<Side, Leftovers>>;

/** What listens that did not before. */
type Added = Readonly<Record<Side, readonly string[]>>;

/** Two QEMUs with one small disk, whose guests are their firmware: it writes to no disk, and is there at once. */
class Ends implements AsyncDisposable {
  readonly #scratch: Scratch;
  readonly #vms: Readonly<Record<Side, LabVm>>;
  readonly #uris: Readonly<Record<Side, string>>;
  readonly #before: Both;

  private constructor(scratch: Scratch, vms: Record<Side, LabVm>, uris: Record<Side, string>, before: Both) {
    this.#scratch = scratch;
    this.#vms = vms;
    this.#uris = uris;
    this.#before = before;
  }

  static async start(from: Place, to: Place): Promise<Ends> {
    const scratch = new Scratch();
    const start = async (side: Side, place: Place): Promise<LabVm> => {
      const path = scratch.join(`${side}.raw`);
      await (side === 'source' ? randomImage : blankImage)(path, DISK_MIB);
      return LabVm.start({
        name: side,
        directory: scratch.join(side),
        disks: [{ name: 'vda', path }],
        incoming: side === 'destination',
        extraArguments: place === 'unix' ? [] : monitorOn(place),
      });
    };
    const vms = { source: await start('source', from), destination: await start('destination', to) };
    const uris = {
      source: from === 'unix' ? vms.source.uri : await tcpUri(vms.source),
      destination: to === 'unix' ? vms.destination.uri : await tcpUri(vms.destination),
    };
    return new Ends(scratch, vms, uris, await both(vms.source, vms.destination));
  }

  /** The path of a socket, of so many bytes if need be. */
  socket(name: string, length = 0): string {
    return this.#scratch.join(name.padEnd(length - this.#scratch.join('').length - 1, 'x'));
  }

  run(command: 'migrate' | 'plan', ...options: readonly string[]): Promise<CommandResult> {
    return blockferry([command, '--from', this.#uris.source, '--to', this.#uris.destination, ...options]);
  }

  /** Migrates, and looks at what listens while it copies; it stands still for the look, and cannot be done before. */
  async migrate(...options: readonly string[]): Promise<CommandResult & { readonly during: Added }> {
    let looking: Promise<Added> | undefined;
    const look = (event: EventLine, signal: (name: NodeJS.Signals) => void): void => {
      if (event.type !== 'phase' || event['phase'] !== 'bulk') return;
      signal('SIGSTOP');
      looking = this.#added().finally(() => signal('SIGCONT'));
    };
    const ends = ['--from', this.#uris.source, '--to', this.#uris.destination];
    const run = await blockferry(['migrate', ...ends, '--bandwidth', '2MiB/s', ...options], look);
    if (looking === undefined) throw new Error(`it did not come to copying: ${JSON.stringify(run)}`);
    return { ...run, during: await looking };
  }

  /** The migration went through, and the disk is there. */
  async moved(run: CommandResult): Promise<void> {
    expect(run.result).toMatchObject({ ok: true, exit: 0, disks: [{ disk: 'vda' }] });
    expect(await this.#vms.destination.cmd('query-status')).toMatchObject({ status: 'running' });
    expect(await this.#added()).toEqual({ source: [], destination: [] });
    await this.#noFileLeft();
    await Promise.all([this.#vms.source.end(), this.#vms.destination.end()]);
    const [source, destination] = ['source', 'destination'].map((side) =>
      sha256(this.#scratch.join(`${side}.raw`)),
    );
    expect(await destination).toBe(await source);
  }

  /** It failed with this message, the guest runs, and nothing is left. */
  async fails(run: CommandResult, message: string): Promise<void> {
    expect(run.exit).toBe(1);
    expect(run.result).toMatchObject({ error: { message: expect.stringContaining(message) } });
    expect(await this.#vms.source.cmd('query-status')).toMatchObject({ status: 'running' });
    expect(await this.leftovers()).toEqual(this.#before);
    await this.#noFileLeft();
  }

  async #noFileLeft(): Promise<void> {
    const files = ['destination', 'destination.raw', 'source', 'source.raw'];
    expect((await readdir(this.#scratch.path)).sort()).toEqual(files);
  }

  async leftovers(): Promise<Both> {
    const { source, destination } = this.#vms;
    return both(source, destination);
  }

  async #added(): Promise<Added> {
    const now = await this.leftovers();
    const added = (side: Side): string[] =>
      now[side].listeners.filter((name) => !this.#before[side].listeners.includes(name));
    return { source: added('source'), destination: added('destination') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#vms.source.end(), this.#vms.destination.end()]);
    await this.#scratch[Symbol.asyncDispose]();
  }
}

async function both(source: LabVm, destination: LabVm): Promise<Both> {
  return { source: await leftovers(source), destination: await leftovers(destination) };
}

function monitorOn(host: string): string[] {
  const chardev = `socket,id=tcp,host=${host},port=0,server=on,wait=off`;
  return ['-chardev', chardev, '-mon', 'chardev=tcp,mode=control'];
}

/** The URI of the monitor on TCP: QEMU chose the port. */
async function tcpUri(vm: LabVm): Promise<string> {
  const devices = await vm.cmd<{ label: string; filename: string }[]>('query-chardev');
  // QEMU writes an IPv6 address without brackets.
  const device = devices.find(({ label }) => label === 'tcp')?.filename ?? '';
  const [, host = '', port] = /tcp:(\S+):(\d+),/.exec(device) ?? [];
  return `qmp+tcp://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The hosts of TCP listeners, as the kernel writes them. */
function hosts(listeners: readonly string[]): (string | undefined)[] {
  return listeners.map((name) => /^tcp:(\w+):/.exec(name)?.[1]);
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  await using taken = await occupied();
  return taken.port;
}

/** A port that somebody listens on. */
async function occupied(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close };
}

const DISK_MIB = 2;
/** Source: proc(5), /proc/net/tcp and tcp6: addresses in hex, by words of the machine's byte order. */
const LOOPBACK = '0100007F';
const LOOPBACK_6 = '00000000000000000000000001000000';
const ANY = '00000000';
const ANY_6 = '00000000000000000000000000000000';
