import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Address } from '../../../src/adapters/qemu/address.js';
import type { Listener } from '../../../src/adapters/qemu/listener.js';
import { ListenerAddresses } from '../../../src/adapters/qemu/listener-addresses.js';
import type { Monitor } from '../../../src/adapters/qemu/monitor.js';
import type { Addresses } from '../../../src/ports.js';

const unix: Monitor = { type: 'unix' };
const one: Monitor = { type: 'tcp', host: 'one.example' };
const two: Monitor = { type: 'tcp', host: 'two.example' };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blockferry-test-'));
  vi.stubEnv('TMPDIR', folder);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

function choose(source: Monitor, destination: Monitor, given: Partial<Addresses> = {}): ListenerAddresses {
  return new ListenerAddresses(source, destination, { portRange: [49152, 49215], ...given });
}

/** The refusal of addresses that cannot be chosen. */
function refusal(source: Monitor, destination: Monitor, given: Partial<Addresses>): unknown {
  try {
    choose(source, destination, given);
  } catch (error) {
    return error;
  }
  return 'They were taken.';
}

function invalid(message: RegExp): unknown {
  return expect.objectContaining({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(message),
  });
}

/** What listens at `host`, and is reached there, or elsewhere. */
function tcp(host: string, port?: number, reach = host): Listener {
  return { listen: { type: 'tcp', host, port }, reach: { type: 'tcp', host: reach, port } };
}

function socket(path: string): Listener {
  const address: Address = { type: 'unix', path };
  return { listen: address, reach: address };
}

/** A socket's name in the one private folder. */
async function inFolder({ listen, reach }: Listener): Promise<string> {
  expect(reach).toEqual(listen);
  if (listen.type !== 'unix') throw new Error('It is no socket.');
  expect(dirname(dirname(listen.path))).toBe(folder);
  expect((await stat(dirname(listen.path))).mode & 0o777).toBe(0o700);
  expect(await readdir(folder)).toEqual([basename(dirname(listen.path))]);
  return basename(listen.path);
}

describe('by default', () => {
  it('unix to unix: three sockets in one private folder, that remove() removes', async () => {
    const addresses = choose(unix, unix);
    expect(await readdir(folder)).toEqual([]);
    await addresses.prepare();
    const names = [
      await inFolder(addresses.sourceNbd),
      await inFolder(addresses.destinationNbd),
      await inFolder(addresses.state),
    ];
    expect(new Set(names).size).toBe(3);
    const { listen } = addresses.state;
    if (listen.type === 'unix') await writeFile(listen.path, '');
    await addresses.remove();
    expect(await readdir(folder)).toEqual([]);
    await addresses.remove();
  });

  it("unix to tcp: the source's NBD server on a socket, the others on the destination's host", async () => {
    const addresses = choose(unix, two);
    await addresses.prepare();
    await inFolder(addresses.sourceNbd);
    expect(addresses).toMatchObject({ destinationNbd: tcp('two.example'), state: tcp('two.example') });
    await addresses.remove();
    expect(await readdir(folder)).toEqual([]);
  });

  it("tcp to tcp: each NBD server on its host, the stream on the destination's, and no folder", async () => {
    const addresses = choose(one, two);
    expect(addresses).toMatchObject({
      sourceNbd: tcp('one.example'),
      destinationNbd: tcp('two.example'),
      state: tcp('two.example'),
    });
    await addresses.prepare();
    expect(await readdir(folder)).toEqual([]);
    await addresses.remove();
  });

  it('tcp to unix: no host follows for the stream, and the option is named', async () => {
    expect(refusal(one, unix, {})).toEqual(invalid(/--state-uri/));
    const addresses = choose(one, unix, { stateUri: 'tcp:here.example:49152' });
    expect(addresses).toMatchObject({ sourceNbd: tcp('one.example'), state: tcp('here.example', 49152) });
    await addresses.prepare();
    expect(await inFolder(addresses.destinationNbd)).toBe('destination-nbd');
    await addresses.remove();
  });
});

describe('what is given', () => {
  it('goes before the defaults, and where nothing else is needed no folder is made', async () => {
    const addresses = choose(unix, unix, {
      sourceNbd: 'nbd://one.example:1',
      destinationNbd: 'unix:///run/nbd.sock',
      stateUri: 'unix:/run/state.sock',
    });
    expect(addresses).toMatchObject({
      sourceNbd: tcp('one.example', 1),
      destinationNbd: socket('/run/nbd.sock'),
      state: socket('/run/state.sock'),
    });
    await addresses.prepare();
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['--source-nbd', { sourceNbd: 'nbd://host:1/vda' }],
    ['--destination-nbd', { destinationNbd: 'host' }],
    ['--state-uri', { stateUri: 'exec:cat' }],
    ['listen_address', { listenAddress: '10.0.0.1:5' }],
  ])('is refused with the name of %s', (option, given) => {
    expect(refusal(unix, unix, given)).toEqual(invalid(new RegExp(`^${option} is `)));
  });
});

describe('a wildcard address', () => {
  it("is reached on the host of that side's monitor", () => {
    const given = {
      sourceNbd: 'nbd://0.0.0.0:1',
      destinationNbd: 'nbd://[::]:2',
      stateUri: 'tcp:0:3',
    };
    expect(choose(one, two, given)).toMatchObject({
      sourceNbd: tcp('0.0.0.0', 1, 'one.example'),
      destinationNbd: tcp('::', 2, 'two.example'),
      state: tcp('0', 3, 'two.example'),
    });
  });

  it('is reached over the loopback where the monitors are sockets of this machine', () => {
    const given = { sourceNbd: 'nbd://0.0.0.0:1', destinationNbd: 'nbd://[::]:2', stateUri: 'tcp:[::]:3' };
    expect(choose(unix, unix, given)).toMatchObject({
      sourceNbd: tcp('0.0.0.0', 1, '127.0.0.1'),
      destinationNbd: tcp('::', 2, '::1'),
      state: tcp('::', 3, '::1'),
    });
  });

  it('is refused where the source is elsewhere, and nothing tells how it would reach this machine', () => {
    expect(refusal(one, unix, { stateUri: 'tcp:0.0.0.0:1' })).toEqual(invalid(/--state-uri/));
    expect(refusal(one, unix, { listenAddress: '0.0.0.0' })).toEqual(invalid(/--state-uri/));
  });
});

describe('disks_port and listen_address', () => {
  it('disks_port is a port of the destination', () => {
    expect(choose(one, two, { disksPort: 50000 })).toMatchObject({
      sourceNbd: tcp('one.example'),
      destinationNbd: tcp('two.example', 50000),
      state: tcp('two.example'),
    });
  });

  it('disks_port needs a host: on a unix monitor it is refused, or goes with listen_address', () => {
    expect(refusal(unix, unix, { disksPort: 50000 })).toEqual(invalid(/--destination-nbd/));
    expect(choose(unix, unix, { disksPort: 50000, listenAddress: '192.0.2.1' })).toMatchObject({
      destinationNbd: tcp('192.0.2.1', 50000),
      state: tcp('192.0.2.1'),
    });
  });

  it('listen_address is where the destination listens, for the disks and for the stream', () => {
    expect(choose(one, two, { listenAddress: '[2001:db8::7]' })).toMatchObject({
      sourceNbd: tcp('one.example'),
      destinationNbd: tcp('2001:db8::7'),
      state: tcp('2001:db8::7'),
    });
    expect(choose(one, unix, { listenAddress: '192.0.2.1' })).toMatchObject({
      destinationNbd: tcp('192.0.2.1'),
      state: tcp('192.0.2.1'),
    });
    expect(choose(one, two, { listenAddress: '0.0.0.0' })).toMatchObject({
      destinationNbd: tcp('0.0.0.0', undefined, 'two.example'),
      state: tcp('0.0.0.0', undefined, 'two.example'),
    });
  });

  it('listen_address is where what has an address of its own listens; it is reached at that', () => {
    const given = { destinationNbd: 'nbd://relay.example:1', stateUri: 'tcp:relay.example:2' };
    expect(choose(one, two, { ...given, listenAddress: '192.0.2.1' })).toMatchObject({
      destinationNbd: tcp('192.0.2.1', 1, 'relay.example'),
      state: tcp('192.0.2.1', 2, 'relay.example'),
    });
    expect(choose(one, two, { stateUri: 'unix:/run/s', listenAddress: '192.0.2.1' })).toMatchObject({
      state: socket('/run/s'),
    });
  });
});

describe('a temporary folder too deep for a socket', () => {
  it('is refused with a way out', async () => {
    const deep = join(folder, 'd'.repeat(100));
    await mkdir(deep);
    vi.stubEnv('TMPDIR', deep);
    expect(refusal(unix, unix, {})).toEqual(invalid(/too long .*TMPDIR.*--source-nbd/));
  });
});
