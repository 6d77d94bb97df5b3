import { type MigrationFlag, migrationFlags } from '@blockferry/typed-params';
import type { Problem } from './problem.js';

/** A flag's name, without `VIR_MIGRATE_`. */
export type MigrateFlag = MigrationFlag;

/** libvirt's migration flags by name, without `VIR_MIGRATE_`, and their values: `migrationFlags` says more of each. */
export const MIGRATE_FLAGS: Readonly<Record<MigrateFlag, number>> = Object.fromEntries(
  Object.entries(migrationFlags).map(([name, { bit }]) => [name, 1 << bit]),
) as Record<MigrateFlag, number>;

/** The flags that mean something on a domain without libvirt. */
export const QEMU_FLAGS: readonly MigrateFlag[] = ['LIVE', 'NON_SHARED_DISK', 'UNSAFE'];

/** What is wrong with `flags` on a domain without libvirt: nothing but {@link QEMU_FLAGS} means anything there. */
export function flagProblems(flags: readonly string[]): Problem[] {
  return [...new Set(flags)].flatMap((flag): Problem[] => {
    if (!isFlag(flag)) return unknownFlags([flag]);
    if (QEMU_FLAGS.includes(flag)) return [];
    const message = `The flag ${flag} needs libvirt; on bare QEMU leave it out (honoured: ${QEMU_FLAGS.join(', ')}).`;
    return [{ code: 'ARGUMENT_UNSUPPORTED', message }];
  });
}

/** Those that are no flags of libvirt's migrations. */
export function unknownFlags(flags: readonly string[]): Problem[] {
  const unknown = [...new Set(flags)].filter((flag) => !isFlag(flag));
  return unknown.map((flag) => ({
    code: 'INVALID_ARGUMENT',
    message: `There is no migration flag ${flag}; the flags are ${Object.keys(migrationFlags).join(', ')}.`,
  }));
}

function isFlag(name: string): name is MigrateFlag {
  return Object.hasOwn(migrationFlags, name);
}
