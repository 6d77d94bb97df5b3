import type { BindingDomain } from '@blockferry/libvirt-native';
import { type MigrationFlag, migrationFlags } from '@blockferry/typed-params';
import { flagBits } from './flags.js';

/** The number that libvirt takes for a migration's flags. */
export function migrationBits(flags: readonly MigrationFlag[]): number {
  return flagBits(BITS, flags);
}

/**
 * Aborts the domain's job until the migration has ended: one that has only just begun has no job yet, one that is
 * about to complete has none any more.
 */
export async function abortUntilSettled(domain: BindingDomain, running: Promise<unknown>): Promise<void> {
  let settled = false;
  const end = running.then(
    () => {
      settled = true;
    },
    () => {
      settled = true;
    },
  );
  while (!settled) {
    await domain.abortJob(0).catch(() => {});
    await Promise.race([end, pause()]);
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ABORT_INTERVAL_MS).unref());
}

const BITS: { readonly [F in MigrationFlag]: number } = Object.fromEntries(
  Object.entries(migrationFlags).map(([name, { bit }]) => [name, bit]),
) as { [F in MigrationFlag]: number };
const ABORT_INTERVAL_MS = 200;
