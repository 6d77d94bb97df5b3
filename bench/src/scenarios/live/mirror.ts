import type { LabVm } from '@blockferry/lab';
import { downtimeLimit } from '../../../../packages/migrate/dist/policy/downtime-limit.js';
import type { GuestMove } from './guest-move.js';

/**
 * QEMU's mirror, as libvirt has QEMU do it: writable exports on the destination, a mirror job for each disk, the state
 * stream with `pause-before-switchover` once all are ready; jobs that complete when the guest has stopped, then the
 * switch. Whatever need not be waited for is not.
 *
 * Source: QEMU docs/interop/live-block-operations.rst, qapi/migration.json.
 */
export const mirror: GuestMove = async (pair, { disks, maxDowntimeMs }) => {
  const { source, destination } = pair;
  const jobs = new MirrorJobs(source, destination, disks, `${pair.directory}/mirror-nbd.sock`);
  await jobs.start();
  const limits = await openStream(source, destination, maxDowntimeMs);
  const state = `unix:${pair.directory}/mirror-state.sock`;
  await destination.cmd('migrate-incoming', { uri: state });
  const stopped = source.event('MIGRATION', ({ status }) => status === 'pre-switchover');
  try {
    await source.cmd('migrate', { uri: state });
    await stopped;
  } finally {
    limits.end();
  }
  await jobs.complete();
  const arrived = destination.event('MIGRATION', ({ status }) => status === 'completed');
  const left = source.event('MIGRATION', ({ status }) => status === 'completed');
  await source.cmd('migrate-continue', { state: 'pre-switchover' });
  await Promise.all([left, arrived]);
  await destination.cmd('cont');
  return {};
};

/** A job for each disk, and the exports that they write to. */
class MirrorJobs {
  readonly #source: LabVm;
  readonly #destination: LabVm;
  readonly #disks: readonly string[];
  readonly #nbd: { readonly type: 'unix'; readonly path: string };

  constructor(source: LabVm, destination: LabVm, disks: readonly string[], socket: string) {
    this.#source = source;
    this.#destination = destination;
    this.#disks = disks;
    this.#nbd = { type: 'unix', path: socket };
  }

  /** Resolves when all disks are in step. */
  async start(): Promise<void> {
    const [source, destination] = [this.#source, this.#destination];
    await destination.cmd('nbd-server-start', { addr: { type: 'unix', data: { path: this.#nbd.path } } });
    const ready = this.#all((disk) =>
      source.event('BLOCK_JOB_READY', ({ device }) => device === `copy-${disk}`, BULK_TIMEOUT_MS),
    );
    const started = this.#all(async (disk) => {
      const target = `to-${disk}`;
      const exported = { id: target, 'node-name': disk, name: disk, writable: true };
      await destination.cmd('block-export-add', { type: 'nbd', ...exported });
      const remote = { driver: 'nbd', 'node-name': target, server: this.#nbd, export: disk };
      await source.cmd('blockdev-add', remote);
      const how = { sync: 'full', 'copy-mode': 'background', 'auto-dismiss': false };
      await source.cmd('blockdev-mirror', { 'job-id': `copy-${disk}`, device: disk, target, ...how });
    });
    await Promise.all([started, ready]);
  }

  /** The guest has stopped: ends the jobs and lets go of the disks. */
  async complete(): Promise<void> {
    const source = this.#source;
    const concluded = this.#all((disk) =>
      source.event('JOB_STATUS_CHANGE', ({ id, status }) => id === `copy-${disk}` && status === 'concluded'),
    );
    const completed = this.#all((disk) =>
      source.event('BLOCK_JOB_COMPLETED', ({ device }) => device === `copy-${disk}`),
    );
    await this.#all((disk) => source.cmd('block-job-cancel', { device: `copy-${disk}` }));
    await concluded;
    for (const { data } of await completed) {
      if (data['error'] !== undefined) throw new Error(`mirror: ${data['error']}`);
    }
    // The jobs hold the disks until they are dismissed, the nodes their connections.
    await this.#all((disk) =>
      Promise.all([
        source.cmd('job-dismiss', { id: `copy-${disk}` }),
        source.cmd('blockdev-del', { 'node-name': `to-${disk}` }),
      ]),
    );
    await this.#destination.cmd('nbd-server-stop');
  }

  #all<T>(action: (disk: string) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#disks.map(action));
  }
}

/** Sets the state stream up with the policy that ours has for it: both get the same. */
async function openStream(
  source: LabVm,
  destination: LabVm,
  maxDowntimeMs: number,
): Promise<{ end(): void }> {
  const turnOn = (vm: LabVm, names: readonly string[]): Promise<unknown> =>
    vm.cmd('migrate-set-capabilities', {
      capabilities: names.map((capability) => ({ capability, state: true })),
    });
  await Promise.all([
    turnOn(source, ['events', 'pause-before-switchover', 'return-path']),
    turnOn(destination, ['events', 'late-block-activate', 'return-path']),
    source.cmd('migrate-set-parameters', { 'downtime-limit': downtimeLimit(1, maxDowntimeMs) }),
  ]);
  let seen = source.events.length;
  const timer = setInterval(() => {
    for (const { event, data } of source.events.slice(seen)) {
      seen += 1;
      const pass = Number(data['pass']);
      if (event !== 'MIGRATION_PASS') continue;
      const limit = downtimeLimit(pass, maxDowntimeMs);
      if (limit === downtimeLimit(pass - 1, maxDowntimeMs)) continue;
      // A hint to the stream, as with ours.
      source.cmd('migrate-set-parameters', { 'downtime-limit': limit }).catch(() => undefined);
    }
  }, LOOK_MS);
  return { end: () => clearInterval(timer) };
}

const LOOK_MS = 5;
const BULK_TIMEOUT_MS = 600_000;
