// The two that move a guest: ours, and QEMU's own mirror over NBD. Each resolves when the guest runs on the
// destination and nothing of the migration is left on either side.
import { startMigration } from '@blockferry/migrate';
import { downtimeLimit } from '../../../packages/migrate/dist/policy/downtime-limit.js';

/** Moves the pair's written disks with our copier. */
export async function engine(pair, disks, { maxDowntimeMs, mark = () => {} }) {
  const { source, destination } = pair;
  const job = startMigration({
    from: source.uri,
    to: destination.uri,
    disks,
    assumeShared: pair.disks.map(({ name }) => name).filter((name) => !disks.includes(name)),
    maxDowntimeMs,
  });
  for await (const event of job.events()) {
    if (event.type === 'phase') mark(event.phase);
    if (event.type === 'round') mark(`  ${event.disk} ${event.round} ${event.bytes >> 10}K ${event.ms}`);
  }
  const result = await job.done;
  return { bytesMoved: result.bytesMoved, rounds: result.rounds, told: result };
}

/**
 * Moves them as libvirt has QEMU do it: writable exports on the destination, a mirror job for each disk, the state
 * stream with `pause-before-switchover` once all are ready; jobs that have completed when the guest has stopped,
 * then the switch. Whatever need not be waited for is not.
 */
export async function mirror(pair, disks, { maxDowntimeMs, mark = () => {} }) {
  const { source, destination, directory } = pair;
  const nbd = { type: 'unix', path: `${directory}/mirror-nbd.sock` };
  const state = `unix:${directory}/mirror-state.sock`;
  const all = (make) => Promise.all(disks.map(make));
  await destination.cmd('nbd-server-start', { addr: { type: 'unix', data: { path: nbd.path } } });
  await all((disk) =>
    destination.cmd('block-export-add', {
      type: 'nbd',
      id: `to-${disk}`,
      'node-name': disk,
      name: disk,
      writable: true,
    }),
  );
  await all((disk) =>
    source.cmd('blockdev-add', { driver: 'nbd', 'node-name': `to-${disk}`, server: nbd, export: disk }),
  );
  const ready = all((disk) => source.event('BLOCK_JOB_READY', ({ device }) => device === `copy-${disk}`));
  await all((disk) =>
    source.cmd('blockdev-mirror', {
      'job-id': `copy-${disk}`,
      device: disk,
      target: `to-${disk}`,
      sync: 'full',
      'copy-mode': 'background',
      'auto-dismiss': false,
    }),
  );
  await ready;
  mark('state');
  const turnOn = (vm, names) =>
    vm.cmd('migrate-set-capabilities', {
      capabilities: names.map((capability) => ({ capability, state: true })),
    });
  await Promise.all([
    turnOn(source, ['events', 'pause-before-switchover', 'return-path']),
    turnOn(destination, ['events', 'late-block-activate', 'return-path']),
    source.cmd('migrate-set-parameters', { 'downtime-limit': downtimeLimit(1, maxDowntimeMs) }),
  ]);
  const limits = followPasses(source, maxDowntimeMs);
  await destination.cmd('migrate-incoming', { uri: state });
  const stopped = source.event('MIGRATION', ({ status }) => status === 'pre-switchover');
  await source.cmd('migrate', { uri: state });
  await stopped;
  limits.end();
  const concluded = all((disk) =>
    source.event('JOB_STATUS_CHANGE', ({ id, status }) => id === `copy-${disk}` && status === 'concluded'),
  );
  const completed = all((disk) =>
    source.event('BLOCK_JOB_COMPLETED', ({ device }) => device === `copy-${disk}`),
  );
  await all((disk) => source.cmd('block-job-cancel', { device: `copy-${disk}` }));
  await concluded;
  const ends = await completed;
  for (const { data } of ends) if (data.error) throw new Error(`mirror: ${data.error}`);
  // The jobs hold the disks until they are dismissed, the nodes their connections.
  await all(async (disk) => {
    const dismissed = source.cmd('job-dismiss', { id: `copy-${disk}` });
    const removed = source.cmd('blockdev-del', { 'node-name': `to-${disk}` });
    await Promise.all([dismissed, removed]);
  });
  await destination.cmd('nbd-server-stop');
  const arrived = destination.event('MIGRATION', ({ status }) => status === 'completed');
  const left = source.event('MIGRATION', ({ status }) => status === 'completed');
  await source.cmd('migrate-continue', { state: 'pre-switchover' });
  await Promise.all([left, arrived]);
  await destination.cmd('cont');
  return { bytesMoved: ends.reduce((sum, { data }) => sum + data.offset, 0), rounds: 0 };
}

/** The policy that ours has for the state stream: both get the same. */
function followPasses(source, maxDowntimeMs) {
  let seen = 0;
  const timer = setInterval(() => {
    for (; seen < source.events.length; seen++) {
      const { event, data } = source.events[seen];
      if (event !== 'MIGRATION_PASS') continue;
      const limit = downtimeLimit(data.pass, maxDowntimeMs);
      if (limit === downtimeLimit(data.pass - 1, maxDowntimeMs)) continue;
      source.cmd('migrate-set-parameters', { 'downtime-limit': limit }).catch(() => {});
    }
  }, 5);
  return { end: () => clearInterval(timer) };
}
