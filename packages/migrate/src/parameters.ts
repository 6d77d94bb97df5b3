import { migrationSchema, problems as schemaProblems, TypedParams } from '@blockferry/typed-params';
import { MigrationError } from './error.js';
import type { MigrateParamsRecord } from './params-record.js';
import type { Problem } from './problem.js';

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
    if (!HONOURED.has(name)) {
      problems.push({
        code: 'ARGUMENT_UNSUPPORTED',
        message: `The parameter ${name} needs libvirt; on bare QEMU leave it out (honoured: ${[...HONOURED].join(', ')}).`,
      });
    }
  }
  if (typed.has('disks_uri') && typed.has('disks_port')) {
    problems.push({
      code: 'INVALID_ARG',
      message:
        'invalid argument: Both port and URI requested for disk migration while being mutually exclusive',
    });
  }
  const disksPort = typed.getInt('disks_port') ?? 0;
  const isPort = disksPort >= 0 && disksPort <= 65535;
  if (!isPort) {
    problems.push({ code: 'INVALID_ARG', message: 'invalid argument: nbd port must be in range 0-65535' });
  }
  const values: ParameterValues = {
    migrateDisks: typed.getAll('migrate_disks').map(String),
    bandwidth: mebibytesPerSecond(typed.getULLong('bandwidth'), problems),
    migrateUri: typed.getString('migrate_uri'),
    disksUri: typed.getString('disks_uri'),
    // 0, as on libvirt: any.
    disksPort: isPort && disksPort > 0 ? disksPort : undefined,
    listenAddress: typed.getString('listen_address'),
  };
  return { values, problems };
}

function toTypedParams(params: TypedParams | MigrateParamsRecord | undefined): TypedParams {
  if (params === undefined) return new TypedParams();
  // Whichever copy of the package made them.
  if (Symbol.iterator in params) return new TypedParams(params as TypedParams);
  try {
    return TypedParams.from(params as Parameters<typeof TypedParams.from>[0], migrationSchema);
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

const HONOURED: ReadonlySet<string> = new Set([
  'migrate_disks',
  'bandwidth',
  'migrate_uri',
  'disks_uri',
  'disks_port',
  'listen_address',
]);
