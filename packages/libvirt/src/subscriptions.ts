import type { BindingConnection, BindingDomain } from '@blockferry/libvirt-native';
import type { CallOptions } from './call.js';
import type { Calls } from './calls.js';
import type { Domain } from './domain.js';
import { LibvirtError } from './error.js';
import { EventFeed } from './event-feed.js';
import { EventQueue, type EventStream } from './event-stream.js';
import { type DomainEventKind, type DomainEvents, eventSources } from './events.js';
import { aborted, invalidArgument, toLibvirtError } from './failure.js';
import { connectionHandle, domainBinding } from './handles.js';
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
  /** By kind, and by the domain's UUID. */
  readonly #feeds = new Map<string, EventFeed<never>>();

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
    const key = `${kind} ${domain?.uuid ?? ''}`;
    const onAbort = (): void => {
      if (signal !== undefined) void queue.end({ error: aborted(signal) });
    };
    const queue = new EventQueue<DomainEvents[K]>({
      capacity: kind === 'lifecycle' ? Number.POSITIVE_INFINITY : CAPACITY,
      overflow: () => fellBehind(kind),
      unsubscribe: async () => {
        signal?.removeEventListener('abort', onAbort);
        await feed?.remove(queue);
        if (feed?.isIdle) this.#feeds.delete(key);
      },
    });
    let feed: EventFeed<DomainEvents[K]> | undefined;
    try {
      await this.#calls.run(options, () => {
        const only = domain === undefined ? null : this.#open(domain);
        feed = this.#feed(kind, key);
        return feed.add(queue, only);
      });
    } catch (error) {
      void queue.end();
      throw error;
    }
    signal?.addEventListener('abort', onAbort, { once: true });
    return queue;
  }

  /** Ends all streams: as wanted where this side closed the connection, else with an error. */
  end(reason: CloseReason): void {
    for (const feed of this.#feeds.values()) feed.end(reason === 'client' ? {} : { error: lost(reason) });
  }

  #feed<K extends DomainEventKind>(kind: K, key: string): EventFeed<DomainEvents[K]> {
    if (!Object.hasOwn(eventSources, kind)) {
      const known = Object.keys(eventSources).join(', ');
      throw invalidArgument(`unknown kind of event '${String(kind)}'; there are: ${known}`);
    }
    const known = this.#feeds.get(key) as EventFeed<DomainEvents[K]> | undefined;
    const feed = known ?? new EventFeed(this.#binding, eventSources[kind]);
    this.#feeds.set(key, feed as EventFeed<never>);
    return feed;
  }

  #open(domain: Domain): BindingDomain {
    const binding = domainBinding(domain);
    if (connectionHandle(domain.connection).binding !== this.#binding) {
      throw invalidArgument('the domain is of another connection than the events');
    }
    if (binding.isClosed) throw toLibvirtError({ closed: 'domain' });
    return binding;
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
