import type { BindingDomain } from '@blockferry/libvirt-native';
import { type MigrationFlag, migrationFlags } from '@blockferry/typed-params';
import { type CallOptions, call } from './call.js';
import { flagBits } from './flags.js';

/** The number that libvirt takes for a migration's flags. */
export function migrationBits(flags: readonly MigrationFlag[]): number {
  return flagBits(BITS, flags);
}

/** Runs a migration; when it is aborted, libvirt is told so too. */
export function callMigration<T>(
  domain: BindingDomain,
  options: CallOptions | undefined,
  start: () => Promise<T>,
): Promise<T> {
  return call(options, start, { onAbort: (running) => void abortUntilSettled(domain, running) });
}

/**
 * Aborts the domain's job until the migration has ended: one that has only just begun has no job yet, one that is
 * about to complete has none any more.
 */
async function abortUntilSettled(domain: BindingDomain, running: Promise<unknown>): Promise<void> {
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
