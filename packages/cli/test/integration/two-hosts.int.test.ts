import { DelayProxy, QemuPair, requires, TwoHosts } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { blockferry } from './command.js';

const lab = requires('guest', 'qemu-system-x86_64', 'qemu-img', 'namespaces');

/** Ports of the destination's host, which nobody else has. */
const PORTS = { monitor: 4444, nbd: 10809, state: 49152 };

describe.skipIf(!lab.available)(`migrate from this host to another ${lab.reason}`, () => {
  it('finds what listens there where the monitor is, even what listens on every address', async () => {
    await using hosts = await TwoHosts.start();
    await using pair = await startPair(hosts);
    const to = `qmp+tcp://${hosts.destination.address}:${PORTS.monitor}`;
    // Here that address is this host.
    const run = await migrate(hosts, pair, to, '--param', 'listen_address=0.0.0.0');
    expect(run.result).toMatchObject({ ok: true, exit: 0 });
    await arrived(pair);
  });

  it('goes through a line with 20 ms of delay, that stands still for seconds now and then', async () => {
    await using hosts = await TwoHosts.start();
    await using pair = await startPair(hosts);
    // On the source's host the relay stands in for the destination, with all that is to be found there.
    const relay = '10.77.1.2';
    await hosts.addSourceAddress(relay);
    await using proxy = await DelayProxy.start(
      {
        listenHost: relay,
        targetHost: hosts.destination.address,
        routes: Object.values(PORTS).map((port) => ({ port, targetPort: port })),
        link: { delayMs: 10, stall: { everyMiB: 64, ms: 2000 } },
      },
      hosts.source.prefix,
    );
    const run = await migrate(
      hosts,
      pair,
      `qmp+tcp://${relay}:${PORTS.monitor}`,
      ...['--destination-nbd', `nbd://${relay}:${PORTS.nbd}`, '--state-uri', `tcp:${relay}:${PORTS.state}`],
      ...['--param', `listen_address=${hosts.destination.address}`],
    );
    expect(run.result).toMatchObject({ ok: true, exit: 0 });
    expect(proxy.stalls).toBeGreaterThanOrEqual(2);
    await arrived(pair);
  });
});

function startPair(hosts: TwoHosts): Promise<QemuPair> {
  const chardev = `socket,id=tcp,host=${hosts.destination.address},port=${PORTS.monitor},server=on,wait=off`;
  return QemuPair.start({
    hosts,
    disks: ['vda', 'vdb'].map((name) => ({ name, sizeMiB: 32, filledMiB: 16, rateKiB: 1024 })),
    dirtyTarget: true,
    destinationArguments: ['-chardev', chardev, '-mon', 'chardev=tcp,mode=control'],
  });
}

/** Runs the command on the source's host. */
function migrate(
  hosts: TwoHosts,
  pair: QemuPair,
  to: string,
  ...options: readonly string[]
): ReturnType<typeof blockferry> {
  const args = ['migrate', '--from', pair.source.uri, '--to', to, ...options];
  return blockferry(args, () => {}, hosts.source.prefix);
}

/** The guest goes on there, and its disks hold all that it has ever flushed. */
async function arrived(pair: QemuPair): Promise<void> {
  expect(await pair.destination.waitMoreBeats(2)).toMatchObject({ bad: 0, errors: 0 });
  expect(await pair.source.cmd('query-status')).toMatchObject({ status: 'postmigrate' });
  await pair.end();
  for (const disk of ['vda', 'vdb']) {
    expect(await pair.verify('destination', disk)).toMatchObject({ status: 'ok' });
  }
}
