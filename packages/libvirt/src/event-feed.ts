import type { BindingConnection, BindingDomain } from '@blockferry/libvirt-native';
import type { EventQueue } from './event-stream.js';
import type { EventSource } from './events.js';

/**
 * One subscription in libvirt and its readers: libvirt takes no second one for the same events on a connection. It is there
 * as long as somebody reads.
 */
export class EventFeed<E> {
  readonly #binding: BindingConnection;
  readonly #source: EventSource<E>;
  #only: BindingDomain | null = null;
  readonly #readers = new Set<EventQueue<E>>();
  #id: number | undefined;
  #settled: Promise<void> = Promise.resolve();

  constructor(binding: BindingConnection, source: EventSource<E>) {
    this.#binding = binding;
    this.#source = source;
  }

  /** Whether it has neither readers nor a subscription. */
  get isIdle(): boolean {
    return this.#readers.size === 0 && this.#id === undefined;
  }

  /**
   * Resolves when libvirt has taken the subscription.
   *
   * @param only the one domain, by an object that is still open; null for all.
   */
  add(reader: EventQueue<E>, only: BindingDomain | null): Promise<void> {
    this.#only = only;
    this.#readers.add(reader);
    return this.#settle();
  }

  /** Resolves when libvirt has ended the subscription, if nobody else reads. */
  remove(reader: EventQueue<E>): Promise<void> {
    this.#readers.delete(reader);
    return this.#settle();
  }

  end(outcome: { readonly error?: unknown }): void {
    for (const reader of [...this.#readers]) void reader.end(outcome);
  }

  /** One after the other: libvirt must have ended a subscription before it takes the next. */
  #settle(): Promise<void> {
    this.#settled = this.#settled.catch(() => {}).then(() => this.#subscribeOrNot());
    return this.#settled;
  }

  async #subscribeOrNot(): Promise<void> {
    if (this.#readers.size > 0 && this.#id === undefined) {
      this.#id = await this.#source.subscribe(this.#binding, this.#only, (event) => this.#tell(event));
    } else if (this.#readers.size === 0 && this.#id !== undefined) {
      const id = this.#id;
      this.#id = undefined;
      if (!this.#binding.isClosed) await this.#binding.offDomainEvent(id);
    }
  }

  #tell(event: E): void {
    for (const reader of this.#readers) reader.push(event);
  }
}
