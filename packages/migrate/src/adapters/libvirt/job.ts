import type { Domain } from '@blockferry/libvirt';
import { unless } from './asked.js';

/** The job that works on a domain as a whole, such as `migration-out`; `undefined`: none. */
export async function activeJob(domain: Domain): Promise<string | undefined> {
  const stats = await unless(NO_JOB, domain.jobStats());
  if (stats === undefined || (stats.type !== 'bounded' && stats.type !== 'unbounded')) return undefined;
  return OPERATIONS[stats.params.getInt('operation') ?? 0] ?? 'unknown';
}

/** A domain that does not run has none; the drivers of other hypervisors do not tell. */
const NO_JOB = ['OPERATION_INVALID', 'NO_SUPPORT'] as const;
/** Source: libvirt, virDomainJobOperation. */
const OPERATIONS: readonly string[] = [
  'unknown',
  'start',
  'save',
  'restore',
  'migration-in',
  'migration-out',
  'snapshot',
  'snapshot-revert',
  'dump',
  'backup',
  'snapshot-delete',
];
