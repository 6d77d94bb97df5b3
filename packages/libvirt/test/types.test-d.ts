// Checked by the compiler alone: `tsc -p packages/libvirt/test`.
import type { JobStatisticsSchema, TypedParams } from '@blockferry/typed-params';
import { expectTypeOf } from 'vitest';
import type {
  BlockJobEvent,
  Connection,
  Domain,
  DomainStatus,
  EventStream,
  LibvirtErrorCode,
  LifecycleEvent,
} from '../src/index.js';

declare const connection: Connection;
declare const domain: Domain;
declare const status: DomainStatus;
declare const event: LifecycleEvent;

// Flags are names, and of the right call.
void domain.xml(['SECURE', 'INACTIVE']);
// @ts-expect-error: misspelled
void domain.xml(['SECURED']);
// @ts-expect-error: a flag of destroy
void domain.xml(['GRACEFUL']);
void domain.migrate3(connection, {}, ['LIVE', 'NON_SHARED_DISK'] as const);
// @ts-expect-error: no flag of migrations
void domain.migrate3(connection, {}, ['SECURE']);

// Parameters of a migration have libvirt's names and types.
void domain.migrate3(connection, { migrate_disks: ['vda', 'vdb'], bandwidth: 100n }, ['LIVE']);
// @ts-expect-error: it is called migrate_disks
void domain.migrate3(connection, { migrate_disk: ['vda'] }, ['LIVE']);
// @ts-expect-error: 64 bits are a bigint
void domain.migrate3(connection, { bandwidth: 100 }, ['LIVE']);
expectTypeOf(domain.migrate3(connection, {}, [])).resolves.toEqualTypeOf<Domain>();
expectTypeOf(domain.migrateToURI3(null, {}, [])).resolves.toEqualTypeOf<void>();

// What libvirt gives is typed as well.
expectTypeOf((await domain.jobStats()).params).toEqualTypeOf<TypedParams<JobStatisticsSchema>>();
expectTypeOf((await domain.jobStats()).params.get('disk_total')).toEqualTypeOf<bigint | undefined>();
expectTypeOf((await connection.stats())[0]?.params.get('block.count')).not.toBeAny();

// A state has reasons of its own.
if (status.state === 'paused') {
  expectTypeOf<'ioerror'>().toExtend<typeof status.reason>();
  // @ts-expect-error: nothing that is paused was booted
  void (status.reason === 'booted');
}
// So has an event.
if (event.event === 'started') {
  expectTypeOf(event.detail).toEqualTypeOf<
    'booted' | 'migrated' | 'restored' | 'from-snapshot' | 'wakeup' | 'unknown'
  >();
}
expectTypeOf(connection.events('lifecycle')).resolves.toEqualTypeOf<EventStream<LifecycleEvent>>();
for await (const { disk, status } of await connection.events('block-job', { domain })) {
  expectTypeOf(disk).toEqualTypeOf<string>();
  expectTypeOf(status).toEqualTypeOf<BlockJobEvent['status']>();
}
// @ts-expect-error: no such kind
void connection.events('weather');

// The union of codes is closed.
expectTypeOf<
  'NO_DOMAIN' | 'MIGRATE_UNSAFE' | 'CLOSED' | 'ABORTED' | 'UNKNOWN'
>().toExtend<LibvirtErrorCode>();
expectTypeOf<string>().not.toExtend<LibvirtErrorCode>();
