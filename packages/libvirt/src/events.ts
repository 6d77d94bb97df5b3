import type {
  BindingConnection,
  BindingDomain,
  BindingDomainEvent,
  BindingDomainEvents,
} from '@blockferry/libvirt-native';
import { nameOf, nameOfPair, type PairIn } from './names.js';
import { type JobStatistics, operationOf, paramsOf } from './params.js';
import {
  type BlockJobStatus,
  type BlockJobType,
  blockJobStatuses,
  blockJobTypes,
} from './tables/block-jobs.js';
import type { JobOperation } from './tables/jobs.js';
import { lifecycleEvents } from './tables/lifecycle-events.js';

/** The domain that an event is of, as it was then; `connection.domainByUuid` opens it. */
export interface EventDomain {
  readonly name: string;
  readonly uuid: string;
  /** Undefined where it does not run. */
  readonly id: number | undefined;
}

type LifecyclePair = PairIn<typeof lifecycleEvents>;
type LifecycleOf<P> = P extends readonly [infer E, infer D]
  ? { readonly kind: 'lifecycle'; readonly domain: EventDomain; readonly event: E; readonly detail: D }
  : never;

/** A domain was defined, started, suspended, ... and why. Source: libvirt, VIR_DOMAIN_EVENT_ID_LIFECYCLE. */
export type LifecycleEvent = LifecycleOf<LifecyclePair>;

/** A block job has ended, or is ready to be. Source: libvirt, VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2. */
export interface BlockJobEvent {
  readonly kind: 'block-job';
  readonly domain: EventDomain;
  /** The disk's target, such as `vda`. */
  readonly disk: string;
  readonly type: BlockJobType;
  readonly status: BlockJobStatus;
}

/** A migration begins another pass over the memory. Source: libvirt, VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION. */
export interface MigrationIterationEvent {
  readonly kind: 'migration-iteration';
  readonly domain: EventDomain;
  /** Which pass begins, from 1. */
  readonly iteration: number;
}

/** A job has completed. Source: libvirt, VIR_DOMAIN_EVENT_ID_JOB_COMPLETED. */
export interface JobCompletedEvent {
  readonly kind: 'job-completed';
  readonly domain: EventDomain;
  readonly operation: JobOperation;
  readonly statistics: JobStatistics;
}

/** The guest has let go of a device. Source: libvirt, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED. */
export interface DeviceRemovedEvent {
  readonly kind: 'device-removed';
  readonly domain: EventDomain;
  /** The device's alias. */
  readonly device: string;
}

/** The events of domains by their kinds. */
export interface DomainEvents {
  readonly lifecycle: LifecycleEvent;
  readonly 'block-job': BlockJobEvent;
  readonly 'migration-iteration': MigrationIterationEvent;
  readonly 'job-completed': JobCompletedEvent;
  readonly 'device-removed': DeviceRemovedEvent;
}

/** A kind of event. */
export type DomainEventKind = keyof DomainEvents;

/** A kind of event in the addon. */
export interface EventSource<E> {
  /** libvirt's number of the event. Source: libvirt, virDomainEventID. */
  readonly id: number;
  /** Resolves with the number of the subscription, of one domain's events or, with null, of all. */
  subscribe(
    binding: BindingConnection,
    only: BindingDomain | null,
    push: (event: E) => void,
  ): Promise<number>;
}

/** Where events come from, by kind. */
export const eventSources: { readonly [K in DomainEventKind]: EventSource<DomainEvents[K]> } = {
  lifecycle: source(0, (raw) => {
    const [event, detail] = nameOfPair(lifecycleEvents, raw.event, raw.detail);
    return { kind: 'lifecycle', domain: domainOf(raw), event, detail } as LifecycleEvent;
  }),
  'device-removed': source(15, (raw) => ({
    kind: 'device-removed',
    domain: domainOf(raw),
    device: raw.device,
  })),
  'block-job': source(16, (raw) => ({
    kind: 'block-job',
    domain: domainOf(raw),
    disk: raw.disk,
    type: nameOf(blockJobTypes, raw.type),
    status: nameOf(blockJobStatuses, raw.status),
  })),
  'migration-iteration': source(20, (raw) => ({
    kind: 'migration-iteration',
    domain: domainOf(raw),
    iteration: raw.iteration,
  })),
  'job-completed': source(21, (raw) => {
    const statistics: JobStatistics = paramsOf(raw.params);
    return { kind: 'job-completed', domain: domainOf(raw), operation: operationOf(statistics), statistics };
  }),
};

function source<N extends keyof BindingDomainEvents, E>(
  id: N,
  decode: (raw: BindingDomainEvent & BindingDomainEvents[N]) => E,
): EventSource<E> {
  return {
    id,
    subscribe: (binding, only, push) => binding.onDomainEvent(id, only, (raw) => push(decode(raw))),
  };
}

function domainOf({ domain: { name, uuid, id } }: BindingDomainEvent): EventDomain {
  return { name, uuid, id: id < 0 ? undefined : id };
}
