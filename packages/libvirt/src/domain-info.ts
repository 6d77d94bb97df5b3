import type { BindingDomain } from '@blockferry/libvirt-native';
import { toNumber } from './integers.js';
import { nameOf, nameOfPair, type PairIn } from './names.js';
import { type JobStatistics, operationOf, paramsOf } from './params.js';
import { type BlockJobType, blockJobTypes } from './tables/block-jobs.js';
import { domainStates } from './tables/domain-states.js';
import { type JobOperation, type JobType, jobTypes } from './tables/jobs.js';

type StatusOf<P> = P extends readonly [infer S, infer R] ? { readonly state: S; readonly reason: R } : never;

/** The state of a domain, and how it came to it. */
export type DomainStatus = StatusOf<PairIn<typeof domainStates>>;

/** The state of a domain. */
export type DomainState = DomainStatus['state'];

/** What a domain has and uses. */
export interface DomainInfo {
  readonly state: DomainState;
  /** Memory that it may have, in KiB. */
  readonly maxMem: number;
  /** Memory that it has, in KiB. */
  readonly memory: number;
  /** Virtual processors. */
  readonly vcpus: number;
  /** Processor time that it has used, in nanoseconds. */
  readonly cpuTime: bigint;
}

/** How far a domain's job is. What libvirt does not know is 0. */
export interface JobInfo {
  readonly type: JobType;
  /** Milliseconds since the job has begun. */
  readonly timeElapsed: number;
  /** Milliseconds that it will still take; for a `bounded` one alone. */
  readonly timeRemaining: number;
  /** Bytes to transfer, in all. */
  readonly dataTotal: number;
  /** Bytes transferred. */
  readonly dataProcessed: number;
  /** Bytes left. */
  readonly dataRemaining: number;
  /** Bytes of memory to transfer. */
  readonly memTotal: number;
  /** Bytes of memory transferred. */
  readonly memProcessed: number;
  /** Bytes of memory left. */
  readonly memRemaining: number;
  /** Bytes of disks to transfer; grows while the guest writes. */
  readonly fileTotal: number;
  /** Bytes of disks transferred. */
  readonly fileProcessed: number;
  /** Bytes of disks left. */
  readonly fileRemaining: number;
}

/** A job, running or completed. */
export interface JobStats {
  readonly type: JobType;
  readonly operation: JobOperation;
  readonly params: JobStatistics;
}

/** The size of a disk. */
export interface BlockInfo {
  /** Bytes that the guest sees. */
  readonly capacity: number;
  /** Bytes that the image takes up. */
  readonly allocation: number;
  /** Bytes of its file or device. */
  readonly physical: number;
}

/** How far a disk's job is. */
export interface BlockJobInfo {
  readonly type: BlockJobType;
  /** Its limit in MiB a second, with `BANDWIDTH_BYTES` in bytes a second; 0 without limit. */
  readonly bandwidth: number;
  /** How much is done, in units of the job's own, mostly bytes. */
  readonly current: number;
  /** How much there is to do; grows while the guest writes. */
  readonly end: number;
}

type Raw<M extends 'state' | 'info' | 'jobInfo' | 'jobStats' | 'blockInfo' | 'blockJobInfo'> = Awaited<
  ReturnType<BindingDomain[M]>
>;

export function toDomainStatus({ state, reason }: Raw<'state'>): DomainStatus {
  const [name, why] = nameOfPair(domainStates, state, reason);
  return { state: name, reason: why } as DomainStatus;
}

export function toDomainInfo({ state, maxMem, memory, vcpus, cpuTime }: Raw<'info'>): DomainInfo {
  return {
    state: nameOf(Object.keys(domainStates) as DomainState[], state),
    maxMem: toNumber('maxMem', maxMem),
    memory: toNumber('memory', memory),
    vcpus,
    cpuTime,
  };
}

export function toJobInfo(info: Raw<'jobInfo'>): JobInfo {
  return {
    type: nameOf(jobTypes, info.type),
    timeElapsed: toNumber('timeElapsed', info.timeElapsed),
    timeRemaining: toNumber('timeRemaining', info.timeRemaining),
    dataTotal: toNumber('dataTotal', info.dataTotal),
    dataProcessed: toNumber('dataProcessed', info.dataProcessed),
    dataRemaining: toNumber('dataRemaining', info.dataRemaining),
    memTotal: toNumber('memTotal', info.memTotal),
    memProcessed: toNumber('memProcessed', info.memProcessed),
    memRemaining: toNumber('memRemaining', info.memRemaining),
    fileTotal: toNumber('fileTotal', info.fileTotal),
    fileProcessed: toNumber('fileProcessed', info.fileProcessed),
    fileRemaining: toNumber('fileRemaining', info.fileRemaining),
  };
}

export function toJobStats(stats: Raw<'jobStats'>): JobStats {
  const params: JobStatistics = paramsOf(stats.params);
  return { type: nameOf(jobTypes, stats.type), operation: operationOf(params), params };
}

export function toBlockInfo({ capacity, allocation, physical }: Raw<'blockInfo'>): BlockInfo {
  return {
    capacity: toNumber('the capacity', capacity),
    allocation: toNumber('the allocation', allocation),
    physical: toNumber('the physical size', physical),
  };
}

export function toBlockJobInfo(info: Raw<'blockJobInfo'>): BlockJobInfo | null {
  return info === null
    ? null
    : {
        type: nameOf(blockJobTypes, info.type),
        bandwidth: toNumber('the bandwidth', info.bandwidth),
        current: toNumber('the progress', info.current),
        end: toNumber('the end', info.end),
      };
}
