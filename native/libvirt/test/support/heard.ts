import type {
  BindingConnection,
  BindingDomain,
  BindingDomainEvent,
  BindingDomainEvents,
} from '@blockferry/libvirt-native';

type Kind = keyof BindingDomainEvents;

/** Events as they come; the subscription ends with it. */
export class Heard<K extends Kind> implements AsyncDisposable {
  readonly events: (BindingDomainEvent & BindingDomainEvents[K])[] = [];
  readonly #connection: BindingConnection;
  #id = -1;
  #wake: () => void = () => undefined;

  private constructor(connection: BindingConnection) {
    this.#connection = connection;
  }

  static async of<K extends Kind>(
    connection: BindingConnection,
    kind: K,
    domain: BindingDomain | null = null,
  ): Promise<Heard<K>> {
    const heard = new Heard<K>(connection);
    heard.#id = await connection.onDomainEvent(kind, domain, (event) => {
      heard.events.push(event);
      heard.#wake();
    });
    return heard;
  }

  /** Resolves with all events once there are so many. */
  async until(count: number): Promise<typeof this.events> {
    while (this.events.length < count) await this.#next();
    return this.events;
  }

  /** Resolves with the first event that is so. */
  async first(isSo: (event: (typeof this.events)[number]) => boolean): Promise<(typeof this.events)[number]> {
    for (let at = 0; ; at++) {
      const event = (await this.until(at + 1))[at];
      if (event && isSo(event)) return event;
    }
  }

  /** The number that `offDomainEvent` takes. */
  get id(): number {
    return this.#id;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.offDomainEvent(this.#id);
  }

  async #next(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}
