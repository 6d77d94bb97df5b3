export { TypedParamsError, type TypedParamsErrorCode } from './error.js';
export type { TypedParamJson } from './json.js';
export { type MigrationConflict, migrationConflicts } from './migration/conflicts.js';
export { type FlagSpec, type MigrationFlag, migrationFlags } from './migration/flags.js';
export { type JobStatisticsSchema, jobStatistics } from './migration/job-statistics.js';
export { type MigrateParamsRecord, type MigrationSchema, migrationSchema } from './migration/parameters.js';
export { type MigrationCallName, migrationRules } from './migration/rule-order.js';
export type {
  MigrationCondition,
  MigrationConflictCode,
  MigrationRule,
  MigrationValueCondition,
} from './migration/rules.js';
export { MAX_NAME_BYTES } from './name.js';
export type { ParamType, ParamValue, TypedParam, ValueOfType } from './param.js';
export type { NameOf, ParamProblem, ParamSpec, RecordOf, Schema, ValueOf } from './schema.js';
export { defineSchema } from './schema.js';
export { format } from './text/format.js';
export { parse } from './text/parse.js';
export type { TextOptions } from './text/value.js';
export { type ToXdrOptions, TypedParams, type XdrOptions } from './typed-params.js';
export { problems, validate } from './validate.js';
export { MAX_STRING_BYTES, MAX_WIRE_PARAMS } from './xdr/limits.js';
