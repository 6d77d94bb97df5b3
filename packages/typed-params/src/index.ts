export { TypedParamsError, type TypedParamsErrorCode } from './error.js';
export { type MigrateParamsRecord, type MigrationSchema, migrationSchema } from './migration-schema.js';
export { MAX_NAME_BYTES } from './name.js';
export type { ParamType, ParamValue, TypedParam, ValueOfType } from './param.js';
export type { NameOf, ParamProblem, ParamSpec, RecordOf, Schema, ValueOf } from './schema.js';
export { defineSchema } from './schema.js';
export { appendText } from './text.js';
export { TypedParams } from './typed-params.js';
export { problems, validate } from './validate.js';
