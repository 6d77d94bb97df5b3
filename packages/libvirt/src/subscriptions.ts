import type { BindingConnection } from '@blockferry/libvirt-native';
import type { CallOptions } from './call.js';
import type { Calls } from './calls.js';
import type { Domain } from './domain.js';
import { LibvirtError } from './error.js';
import { EventQueue, type EventStream } from './event-stream.js';
import { type DomainEventKind, type DomainEvents, eventSources } from './events.js';
import { aborted, invalidArgument } from './failure.js';
import { domainBinding } from './handles.js';
import type { CloseReason } from './tables/close-reasons.js';

/** Which events are asked for, and for how long. */
export interface EventOptions extends CallOptions {
  /** The one domain, of the same connection, whose events are wanted. @default all, those that come later too */
  readonly domain?: Domain | undefined;
  /** Ends the stream with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/** The event streams of a connection, which end with it. */
export class Subscriptions {
  readonly #binding: BindingConnection;
  readonly #calls: Calls;
  readonly #streams = new Set<EventQueue<never>>();

  constructor(binding: BindingConnection, calls: Calls) {
    this.#binding = binding;
    this.#calls = calls;
  }

  /** Resolves when libvirt has taken the subscription, so that nothing from then on is missed. */
  async open<K extends DomainEventKind>(
    kind: K,
    options: EventOptions,
  ): Promise<EventStream<DomainEvents[K]>> {
    const { domain, signal } = options;
    const source = Object.hasOwn(eventSources, kind) ? eventSources[kind] : undefined;
    if (source === undefined) {
      const known = Object.keys(eventSources).join(', ');
      throw invalidArgument(`unknown kind of event '${String(kind)}'; there are: ${known}`);
    }
    const onAbort = (): void => {
      if (signal !== undefined) void queue.end({ error: aborted(signal) });
    };
    const queue = new EventQueue<DomainEvents[K]>({
      capacity: kind === 'lifecycle' ? Number.POSITIVE_INFINITY : CAPACITY,
      overflow: () => fellBehind(kind),
      unsubscribe: async () => {
        this.#streams.delete(queue as EventQueue<never>);
        signal?.removeEventListener('abort', onAbort);
        const id = await registered;
        if (!this.#binding.isClosed) await this.#binding.offDomainEvent(id);
      },
    });
    // From here on, for the connection may be lost before the promise is looked at.
    this.#streams.add(queue as EventQueue<never>);
    const registered = this.#calls.run(
      options,
      () => {
        const only = domain === undefined ? null : domainBinding(domain);
        return source.subscribe(this.#binding, only, (event) => queue.push(event));
      },
      { late: (id) => void this.#binding.offDomainEvent(id).catch(() => {}) },
    );
    try {
      await registered;
    } catch (error) {
      void queue.end();
      throw error;
    }
    signal?.addEventListener('abort', onAbort, { once: true });
    return queue;
  }

  /** Ends all streams: as wanted where this side closed the connection, else with an error. */
  end(reason: CloseReason): void {
    for (const stream of [...this.#streams])
      void stream.end(reason === 'client' ? {} : { error: lost(reason) });
  }
}

function lost(reason: CloseReason): LibvirtError {
  const message = `The connection was lost (${reason}), and events since then are missed: connect again, then look at the state.`;
  return new LibvirtError('CLOSED', message, { retryable: true });
}

function fellBehind(kind: DomainEventKind): LibvirtError {
  const message = `The reader fell ${CAPACITY} events behind and missed one of kind ${kind}: subscribe again, then look at the state.`;
  return new LibvirtError('OVERFLOW', `overflow: ${message}`);
}

/** Events that may wait to be read; those of lifecycle are few, and all of them are kept. */
const CAPACITY = 10_000;
