import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Address } from '../../../src/adapters/qemu/address.js';
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

function choose(source: Monitor, destination: Monitor, given: Partial<Addresses> = {}) {
  return ListenerAddresses.choose(source, destination, { portRange: [49152, 49215], ...given });
}

function tcp(host: string, port?: number): Address {
  return { type: 'tcp', host, port };
}

/** A socket's name in the one private folder. */
async function inFolder(address: Address): Promise<string> {
  if (address.type !== 'unix') throw new Error('It is no socket.');
  expect(dirname(dirname(address.path))).toBe(folder);
  expect((await stat(dirname(address.path))).mode & 0o777).toBe(0o700);
  expect(await readdir(folder)).toEqual([basename(dirname(address.path))]);
  return basename(address.path);
}

describe('by default', () => {
  it('unix to unix: three sockets in one private folder, that remove() removes', async () => {
    const addresses = await choose(unix, unix);
    const names = [
      await inFolder(addresses.sourceNbd),
      await inFolder(addresses.destinationNbd),
      await inFolder(addresses.state),
    ];
    expect(new Set(names).size).toBe(3);
    if (addresses.state.type === 'unix') await writeFile(addresses.state.path, '');
    await addresses.remove();
    expect(await readdir(folder)).toEqual([]);
    await addresses.remove();
  });

  it("unix to tcp: the source's NBD server on a socket, the others on the destination's host", async () => {
    const addresses = await choose(unix, two);
    await inFolder(addresses.sourceNbd);
    expect(addresses).toMatchObject({ destinationNbd: tcp('two.example'), state: tcp('two.example') });
    await addresses.remove();
    expect(await readdir(folder)).toEqual([]);
  });

  it("tcp to tcp: each NBD server on its host, the stream on the destination's, and no folder", async () => {
    const addresses = await choose(one, two);
    expect(addresses).toMatchObject({
      sourceNbd: tcp('one.example'),
      destinationNbd: tcp('two.example'),
      state: tcp('two.example'),
    });
    expect(await readdir(folder)).toEqual([]);
    await addresses.remove();
  });

  it('tcp to unix: no host follows for the stream; the option is named, and no folder stays', async () => {
    await expect(choose(one, unix)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('--state-uri'),
    });
    expect(await readdir(folder)).toEqual([]);
    const addresses = await choose(one, unix, { stateUri: 'tcp:here.example:49152' });
    expect(addresses).toMatchObject({ sourceNbd: tcp('one.example'), state: tcp('here.example', 49152) });
    expect(await inFolder(addresses.destinationNbd)).toBe('destination-nbd');
    await addresses.remove();
  });
});

describe('what is given', () => {
  it('goes before the defaults, and where nothing else is needed no folder is made', async () => {
    const addresses = await choose(unix, unix, {
      sourceNbd: 'nbd://one.example:1',
      destinationNbd: 'unix:///run/nbd.sock',
      stateUri: 'unix:/run/state.sock',
    });
    expect(addresses).toMatchObject({
      sourceNbd: tcp('one.example', 1),
      destinationNbd: { type: 'unix', path: '/run/nbd.sock' },
      state: { type: 'unix', path: '/run/state.sock' },
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['--source-nbd', { sourceNbd: 'nbd://host:1/vda' }],
    ['--destination-nbd', { destinationNbd: 'host' }],
    ['--state-uri', { stateUri: 'exec:cat' }],
  ])('is refused with the name of %s, and leaves no folder behind', async (option, given) => {
    await expect(choose(unix, unix, given)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(new RegExp(`^${option} is `)),
    });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('disks_port and listen_address', () => {
  it('disks_port is a port of the destination', async () => {
    expect(await choose(one, two, { disksPort: 50000 })).toMatchObject({
      sourceNbd: tcp('one.example'),
      destinationNbd: tcp('two.example', 50000),
      state: tcp('two.example'),
    });
  });

  it('disks_port needs a host: on a unix monitor it is refused, or goes with listen_address', async () => {
    await expect(choose(unix, unix, { disksPort: 50000 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('--destination-nbd'),
    });
    expect(await readdir(folder)).toEqual([]);
    const addresses = await choose(unix, unix, { disksPort: 50000, listenAddress: '192.0.2.1' });
    expect(addresses.destinationNbd).toEqual(tcp('192.0.2.1', 50000));
    expect(await inFolder(addresses.state)).toBe('state');
    await addresses.remove();
  });

  it('listen_address is where the destination listens, for the disks and for the stream', async () => {
    expect(await choose(one, two, { listenAddress: '[2001:db8::7]' })).toMatchObject({
      sourceNbd: tcp('one.example'),
      destinationNbd: tcp('2001:db8::7'),
      state: tcp('2001:db8::7'),
    });
    expect(await choose(one, unix, { listenAddress: '192.0.2.1' })).toMatchObject({
      destinationNbd: tcp('192.0.2.1'),
      state: tcp('192.0.2.1'),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('give way to the addresses themselves', async () => {
    const given = { destinationNbd: 'nbd://three.example:1', stateUri: 'tcp:three.example:2' };
    expect(await choose(one, two, { ...given, disksPort: 5, listenAddress: '192.0.2.1' })).toMatchObject({
      destinationNbd: tcp('three.example', 1),
      state: tcp('three.example', 2),
    });
  });
});

describe('a temporary folder too deep for a socket', () => {
  it('is refused with a way out, and nothing stays in it', async () => {
    const deep = join(folder, 'd'.repeat(100));
    await mkdir(deep);
    vi.stubEnv('TMPDIR', deep);
    await expect(choose(unix, unix)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/too long .*TMPDIR.*--source-nbd/),
    });
    expect(await readdir(deep)).toEqual([]);
  });
});
