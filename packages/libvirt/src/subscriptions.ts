import type { BindingConnection } from '@blockferry/libvirt-native';
import { type CallOptions, call } from './call.js';
import type { Domain } from './domain.js';
import { LibvirtError } from './error.js';
import { EventQueue, type EventStream } from './event-stream.js';
import { type DomainEventKind, type DomainEvents, eventDecoders } from './events.js';
import { aborted, invalidArgument } from './failure.js';
import { domainBinding } from './handles.js';
import type { CloseReason } from './tables/close-reasons.js';

/** Which events are asked for, and for how long. */
export interface EventOptions extends CallOptions {
  /** The one domain whose events are wanted. @default all domains, those that come later too */
  readonly domain?: Domain | undefined;
  /** Ends the stream with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/** The event streams of a connection, which end with it. */
export class Subscriptions {
  readonly #binding: BindingConnection;
  readonly #streams = new Set<EventQueue<unknown>>();

  constructor(binding: BindingConnection) {
    this.#binding = binding;
  }

  /** Resolves when libvirt has taken the subscription, so that nothing from then on is missed. */
  async open<K extends DomainEventKind>(
    kind: K,
    options: EventOptions,
  ): Promise<EventStream<DomainEvents[K]>> {
    const { domain, signal } = options;
    const decoder = Object.hasOwn(eventDecoders, kind) ? eventDecoders[kind] : undefined;
    if (decoder === undefined) {
      const known = Object.keys(eventDecoders).join(', ');
      throw invalidArgument(`unknown kind of event '${String(kind)}'; there are: ${known}`);
    }
    const registered = call(
      options,
      () => {
        const only = domain === undefined ? null : domainBinding(domain);
        return this.#binding.onDomainEvent(decoder.id, only, (event) => queue.push(decoder.decode(event)));
      },
      { late: (id) => void this.#binding.offDomainEvent(id).catch(() => {}) },
    );
    const onAbort = (): void => {
      if (signal !== undefined) void queue.end({ error: aborted(signal) });
    };
    const queue = new EventQueue<DomainEvents[K]>({
      capacity: kind === 'lifecycle' ? Number.POSITIVE_INFINITY : CAPACITY,
      overflow: () => fellBehind(kind),
      unsubscribe: async () => {
        this.#streams.delete(queue);
        signal?.removeEventListener('abort', onAbort);
        if (!this.#binding.isClosed) await this.#binding.offDomainEvent(await registered);
      },
    });
    this.#streams.add(queue);
    try {
      await registered;
    } catch (error) {
      this.#streams.delete(queue);
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
