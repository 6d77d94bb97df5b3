import type { LabVm } from './qemu.js';
import type { QemuPair } from './qemu-pair.js';

/**
 * Moves the guest from the pair's source to another, new destination, as somebody would who has never heard
 * of blockferry: nothing that it left on the source may be in the way. Ends the pair's own destination.
 *
 * Disks are not copied (the new ones are blank, and the guest complains about them), so this shows that the
 * stream completes and the guest goes on; it says nothing about contents.
 */
export async function migratePlainly(pair: QemuPair): Promise<void> {
  await pair.destination.end();
  const last = await pair.source.waitMoreBeats(1);
  await using spare = await pair.startSpare();
  const uri = `unix:${pair.directory}/plain.sock`;
  // Events tell the outcome; nothing else is set, so that what was left behind shows.
  await Promise.all([tellMigration(pair.source), tellMigration(spare)]);
  await spare.cmd('migrate-incoming', { uri });
  await pair.source.cmd('migrate', { uri });
  await Promise.all([completed(pair.source), completed(spare)]);
  if ((await spare.cmd<{ status: string }>('query-status')).status === 'paused') await spare.cmd('cont');
  const next = await spare.waitMoreBeats(1);
  if (next.number <= last.number) throw new Error('the guest has booted anew instead of going on');
}

async function tellMigration(vm: LabVm): Promise<void> {
  await vm.cmd('migrate-set-capabilities', { capabilities: [{ capability: 'events', state: true }] });
  vm.forgetEvents();
}

async function completed(vm: LabVm): Promise<void> {
  const { data } = await vm.event('MIGRATION', ({ status }) => OUTCOMES.includes(String(status)));
  if (data['status'] !== 'completed') throw new Error(`${vm.name}: the migration is ${data['status']}`);
}

/** Statuses after which a plain migration does not go on by itself. */
const OUTCOMES: readonly string[] = ['completed', 'failed', 'cancelled', 'pre-switchover'];
