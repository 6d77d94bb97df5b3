// Checked by the compiler alone: `tsc -p packages/qmp/test`.
import { expectTypeOf } from 'vitest';
import type {
  BlockInfo,
  JobInfo,
  MigrationInfo,
  QmpClient,
  QmpEvent,
  QmpEventOf,
  StatusInfo,
} from '../src/index.js';
import { isEvent } from '../src/index.js';

declare const client: QmpClient;
declare const event: QmpEvent;
type Nothing = Readonly<Record<string, never>>;

// A known command has its arguments and its result.
expectTypeOf(client.execute('query-status')).resolves.toEqualTypeOf<StatusInfo>();
expectTypeOf(client.execute('query-block', undefined, { timeoutMs: 1 })).resolves.toEqualTypeOf<
  readonly BlockInfo[]
>();
expectTypeOf(client.execute('block-export-del', { id: 'x' })).resolves.toEqualTypeOf<Nothing>();
// @ts-expect-error: it needs arguments
void client.execute('migrate');
// @ts-expect-error: it has none of that name
void client.execute('migrate', { urn: 'unix:/run/x' });
// @ts-expect-error: it takes none
void client.execute('query-status', { flat: true });

// Another one takes anything, and its result is for the caller to look at.
expectTypeOf(client.execute('query-pci', { any: 1 })).resolves.toBeUnknown();
expectTypeOf(client.execute('query-pci' as string)).resolves.toBeUnknown();

// A batch has a promise for each command, of its type.
const [info, jobs] = client.batch([{ execute: 'query-migrate' }, { execute: 'query-jobs' }]);
expectTypeOf(info).resolves.toEqualTypeOf<MigrationInfo>();
expectTypeOf(jobs).resolves.toEqualTypeOf<readonly JobInfo[]>();
// @ts-expect-error: it has none of that name
client.batch([{ execute: 'block-export-del', arguments: { ix: 'x' } }]);

// An event that was asked for by name has its data.
if (isEvent(event, 'MIGRATION_PASS')) expectTypeOf(event.data.pass).toBeNumber();
const failed = client.waitForEvent((event) => isEvent(event, 'BLOCK_JOB_COMPLETED'));
expectTypeOf(failed).resolves.toEqualTypeOf<QmpEventOf<'BLOCK_JOB_COMPLETED'>>();
// @ts-expect-error: no such event
isEvent(event, 'MIGRATED');
