import {
  type JobStatisticsSchema,
  type MigrateParamsRecord,
  type MigrationSchema,
  migrationSchema,
  type Schema,
  TypedParams,
} from '@blockferry/typed-params';
import { invalidArgument } from './failure.js';
import { nameOf } from './names.js';
import { type JobOperation, jobOperations } from './tables/jobs.js';

/** Parameters of a migration: as a list, or as a plain object whose names and types are checked. */
export type MigrationParams = TypedParams | TypedParams<MigrationSchema> | MigrateParamsRecord;

/** Statistics of a job, by libvirt's names and with libvirt's types. */
export type JobStatistics = TypedParams<JobStatisticsSchema>;

/** What the addon takes. An object's names and types are checked, a list is left to libvirt to judge. */
export function migrationBytes(params: MigrationParams): Uint8Array {
  if (typeof params !== 'object' || params === null) {
    throw invalidArgument('the parameters of a migration are a TypedParams or an object');
  }
  return paramBytes(isTypedParams(params) ? params : TypedParams.from(params, migrationSchema));
}

/** What the addon takes: it reads them before it returns, so that lent ones do. */
export function paramBytes(params: Pick<TypedParams, 'toXdr'>): Uint8Array {
  if (typeof params?.toXdr !== 'function') throw invalidArgument('the parameters are a TypedParams');
  return params.toXdr({ lend: true });
}

/** What the addon gives. */
export function paramsOf<S extends Schema = Schema>(bytes: Uint8Array): TypedParams<S> {
  const params = TypedParams.fromXdr(bytes, { limit: Number.POSITIVE_INFINITY });
  return params as unknown as TypedParams<S>;
}

/** What the job does that they are of. */
export function operationOf(params: JobStatistics): JobOperation {
  return nameOf(jobOperations, params.get('operation') ?? 0);
}

/** Of whichever copy of that package; no parameter of a migration is called so. */
function isTypedParams(params: MigrationParams): params is TypedParams | TypedParams<MigrationSchema> {
  return 'toXdr' in params && typeof params.toXdr === 'function';
}
