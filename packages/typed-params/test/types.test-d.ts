// Checked by the compiler alone: `tsc -p packages/typed-params/test`.
import { expectTypeOf } from 'vitest';
import {
  defineSchema,
  type MigrateParamsRecord,
  type MigrationSchema,
  migrationSchema,
  type ParamValue,
  TypedParams,
  validate,
} from '../src/index.js';

const params = TypedParams.from({ migrate_disks: ['vda', 'vdb'], bandwidth: 100n }, migrationSchema);

// The schema gives every name its type.
expectTypeOf(params.getAll('migrate_disks')).toEqualTypeOf<string[]>();
expectTypeOf(params.get('bandwidth')).toEqualTypeOf<bigint | undefined>();
expectTypeOf(params.get('disks_port')).toEqualTypeOf<number | undefined>();
params.append('bandwidth', 'ullong', 1n).addString('migrate_uri', 'x').set('disks_port', 'int', 1);

// @ts-expect-error: misspelled
TypedParams.from({ migrate_disk: ['vda'] }, migrationSchema);
// @ts-expect-error: a 64-bit integer is a bigint
TypedParams.from({ bandwidth: 100 }, migrationSchema);
// @ts-expect-error: it does not repeat
TypedParams.from({ migrate_uri: ['a', 'b'] }, migrationSchema);
// @ts-expect-error: misspelled
params.get('migrate_disk');
// @ts-expect-error: misspelled
params.has('migrate_disk');
// @ts-expect-error: another type
params.append('bandwidth', 'int', 1);
// @ts-expect-error: another type
params.addInt('bandwidth', 1);
// @ts-expect-error: another type
params.getString('bandwidth');

// Without a schema every name and type goes, but a value is of its type.
const open = new TypedParams().append('anything', 'int', 1).addULLong('x', 1n);
expectTypeOf(open.get('anything')).toEqualTypeOf<ParamValue | undefined>();
expectTypeOf(open.getAll('anything', 'string')).toEqualTypeOf<string[]>();
// @ts-expect-error: a string is no int
open.append('anything', 'int', 'x');

// What has a schema goes where none is asked for; the other way needs a look at the values.
expectTypeOf(params).toExtend<TypedParams>();
expectTypeOf(open).not.toExtend<TypedParams<MigrationSchema>>();
expectTypeOf(validate(open, migrationSchema)).toEqualTypeOf<TypedParams<MigrationSchema>>();

// A schema of one's own.
const own = TypedParams.from(
  { on: true, of: [1, 2] },
  defineSchema({ on: { type: 'boolean' }, of: { type: 'int', multiple: true } }),
);
expectTypeOf(own.get('on')).toEqualTypeOf<boolean | undefined>();
expectTypeOf<MigrateParamsRecord['migrate_disks']>().toEqualTypeOf<string | readonly string[] | undefined>();

// An entry's type tells its value's.
for (const { type, value } of params) {
  if (type === 'llong') expectTypeOf(value).toEqualTypeOf<bigint>();
}
