// Checked by the compiler alone: `tsc -p packages/typed-params/test`.
import { expectTypeOf } from 'vitest';
import {
  jobStatistics,
  type MigrationCondition,
  type MigrationFlag,
  migrationFlags,
  migrationSchema,
  type Schema,
  TypedParams,
  validate,
} from '../../src/index.js';

// The tables are schemas, and keep their literal types.
expectTypeOf(migrationSchema).toExtend<Schema>();
expectTypeOf(jobStatistics).toExtend<Schema>();
expectTypeOf(migrationFlags.TLS.bit).toEqualTypeOf<16>();
expectTypeOf<'ZEROCOPY'>().toExtend<MigrationFlag>();
const statistics = validate(new TypedParams(), jobStatistics);
expectTypeOf(statistics.get('data_total')).toEqualTypeOf<bigint | undefined>();
expectTypeOf(statistics.get('success')).toEqualTypeOf<boolean | undefined>();
// @ts-expect-error: misspelled
statistics.get('data_totals');

// A rule speaks of what the tables have.
expectTypeOf<'LIVE' | 'disks_uri' | 'disks_uri=unix:'>().toExtend<MigrationCondition>();
expectTypeOf<'LIFE'>().not.toExtend<MigrationCondition>();
expectTypeOf<'disk_uri=unix:'>().not.toExtend<MigrationCondition>();
