import type { MigrationFlag, TypedParams } from '@blockferry/typed-params';
import type { DelegateDisk, HostSurvey, SourceSurvey } from '../delegate-ports.js';
import type { Problem } from '../problem.js';

/** What libvirt would find late, or in the middle, of what both hosts tell beforehand; the images are apart. */
export function delegateProblems(
  source: SourceSurvey,
  host: HostSurvey,
  disks: readonly DelegateDisk[],
  { params, flags }: { readonly params: TypedParams; readonly flags: readonly MigrationFlag[] },
): Problem[] {
  return [
    ...domainProblems(source, flags),
    ...disks.filter(({ transient }) => transient).map(transientProblem),
    ...hostProblems(source, host, params.getString('destination_name') ?? source.name),
  ];
}

function domainProblems({ state, job, blockJobs }: SourceSurvey, flags: readonly MigrationFlag[]): Problem[] {
  const problems: Problem[] = [];
  if (!READY.has(state) && !flags.includes('OFFLINE')) {
    problems.push({
      code: 'SOURCE_NOT_READY',
      message: `The domain is ${state}; it has to run or be paused. (The definition alone moves with the flags OFFLINE and PERSIST_DEST, and no disks.)`,
    });
  }
  if (job !== undefined) {
    const migrates = job.startsWith('migration');
    problems.push({
      code: migrates ? 'SOURCE_MIGRATING' : 'SOURCE_NOT_READY',
      message: migrates
        ? 'The domain is migrating already: wait for that migration, or end it (virsh domjobabort).'
        : `A job works on the domain (${job}): wait for its end, or end it (virsh domjobabort).`,
    });
  }
  for (const disk of blockJobs) {
    problems.push({
      code: 'BLOCK_JOB_ACTIVE',
      disk,
      message: `A block job works on ${disk}: wait for its end, or end it (virsh blockjob --abort).`,
    });
  }
  return problems;
}

function transientProblem({ disk }: DelegateDisk): Problem {
  return {
    code: 'SOURCE_NOT_READY',
    disk,
    message: `${disk} is transient: libvirt migrates no domain with such a disk. Unplug it first.`,
  };
}

function hostProblems(source: SourceSurvey, host: HostSurvey, nameThere: string): Problem[] {
  if (source.hostUuid !== undefined && source.hostUuid === host.hostUuid) {
    return [
      {
        code: 'INVALID_ARGUMENT',
        message:
          `Source and destination are the same host (UUID ${host.hostUuid}): give another one. If they are two after ` +
          'all, give each its own host_uuid in libvirtd.conf.',
      },
    ];
  }
  return host.sameDomain
    .filter(({ name, uuid, state }) => name !== nameThere || uuid !== source.uuid || state !== 'shutoff')
    .map(({ name, uuid, state }): Problem => {
      const what = uuid === source.uuid ? 'this domain' : 'another domain of this name';
      return {
        code: 'DESTINATION_HAS_DOMAIN',
        message: `The destination has ${what} already (${name}, ${state}): end it there, or undefine it.`,
      };
    });
}

const READY: ReadonlySet<string> = new Set(['running', 'paused', 'blocked']);
