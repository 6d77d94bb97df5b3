import {
  type MigrateParamsRecord,
  type MigrationSchema,
  migrationConflicts,
  migrationSchema,
  problems as schemaProblems,
  TypedParams,
} from '@blockferry/typed-params';
import { MigrationError } from './error.js';
import type { Problem } from './problem.js';

/** The parameters that mean something on a domain without libvirt. */
export const QEMU_PARAMETERS: readonly (keyof MigrationSchema)[] = [
  'migrate_disks',
  'bandwidth',
  'migrate_uri',
  'disks_uri',
  'disks_port',
  'listen_address',
];

/** What the typed parameters say, where they mean something without libvirt. */
export interface ParameterValues {
  readonly migrateDisks: readonly string[];
  /** Bytes per second. */
  readonly bandwidth: number | undefined;
  readonly migrateUri: string | undefined;
  readonly disksUri: string | undefined;
  readonly disksPort: number | undefined;
  readonly listenAddress: string | undefined;
}

/** Reads the parameters; what is wrong with them, or needs libvirt, comes back as problems. */
export function mergeParameters(params: TypedParams | MigrateParamsRecord | undefined): {
  values: ParameterValues;
  problems: Problem[];
} {
  const given = toTypedParams(params);
  const faults = schemaProblems(given, migrationSchema);
  const problems: Problem[] = faults.map(({ code, message }) => ({
    code: code === 'ARGUMENT_UNSUPPORTED' ? code : 'INVALID_ARG',
    message,
  }));
  // The others still count: a plan that forgot migrate_disks for a typing error elsewhere would tell of other disks.
  const typed = new TypedParams(
    [...given].filter(({ name }) => !faults.some((fault) => fault.name === name)),
  );
  for (const name of new Set([...typed].map((entry) => entry.name))) {
    if (!honoured.has(name)) {
      problems.push({
        code: 'ARGUMENT_UNSUPPORTED',
        message: `The parameter ${name} needs libvirt; on bare QEMU leave it out (honoured: ${QEMU_PARAMETERS.join(', ')}).`,
      });
    }
  }
  // libvirt's word on the port goes here too, for disks are always copied in full. Of URIs more is taken here.
  const conflicts = migrationConflicts(typed, ['NON_SHARED_DISK']).filter(
    ({ param }) => param === 'disks_port',
  );
  problems.push(...conflicts.map(({ message }) => ({ code: 'INVALID_ARG', message }) as const));
  const disksPort = typed.getInt('disks_port');
  const values: ParameterValues = {
    migrateDisks: typed.getAll('migrate_disks').map(String),
    bandwidth: mebibytesPerSecond(typed.getULLong('bandwidth'), problems),
    migrateUri: typed.getString('migrate_uri'),
    disksUri: typed.getString('disks_uri'),
    // 0, as on libvirt: any.
    disksPort: conflicts.length > 0 || disksPort === 0 ? undefined : disksPort,
    listenAddress: typed.getString('listen_address'),
  };
  return { values, problems };
}

/** Typed parameters of either form, checked against libvirt's table where they are a plain object. */
export function toTypedParams(params: TypedParams | MigrateParamsRecord | undefined): TypedParams {
  if (params === undefined) return new TypedParams();
  // Whichever copy of the package made them.
  if (Symbol.iterator in params) return new TypedParams(params as TypedParams);
  try {
    return TypedParams.from(params as MigrateParamsRecord, migrationSchema);
  } catch (cause) {
    throw new MigrationError('INVALID_ARGUMENT', cause instanceof Error ? cause.message : String(cause), {
      cause,
    });
  }
}

/** libvirt's unit; 0 means no limit. */
function mebibytesPerSecond(value: bigint | undefined, problems: Problem[]): number | undefined {
  if (value === undefined || value === 0n) return undefined;
  const bytes = value * 1024n * 1024n;
  if (bytes > BigInt(Number.MAX_SAFE_INTEGER)) {
    problems.push({
      code: 'INVALID_ARG',
      message: `invalid argument: bandwidth must be less than ${2 ** 33}`,
    });
    return undefined;
  }
  return Number(bytes);
}

const honoured: ReadonlySet<string> = new Set(QEMU_PARAMETERS);
