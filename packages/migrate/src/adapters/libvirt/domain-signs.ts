import type { Connection, Domain, DomainEventKind, DomainEvents, EventStream } from '@blockferry/libvirt';
import type { DelegateSign } from '../../delegate-ports.js';

/** What the daemons of both sides tell of a domain while it moves. */
export class DomainSigns implements AsyncDisposable {
  readonly #domain: Domain;
  readonly #destination: Connection | undefined;
  readonly #streams: AsyncDisposable[] = [];
  #onSign: (sign: DelegateSign) => void = () => undefined;
  #downtimeMs: number | undefined;
  #isOver = false;

  constructor(domain: Domain, destination: Connection | undefined) {
    this.#domain = domain;
    this.#destination = destination;
  }

  /** How long the guest stood still, once the source has told. */
  get downtimeMs(): number | undefined {
    return this.#downtimeMs;
  }

  /** Resolves when nothing is missed any more. */
  async begin(onSign: (sign: DelegateSign) => void): Promise<void> {
    this.#onSign = onSign;
    const { connection: source } = this.#domain;
    this.#watchConnection(source, 'source');
    await Promise.all([
      this.#follow(source, 'lifecycle', (event) => this.#left(event)),
      this.#follow(source, 'block-job', ({ disk, type, status }) => {
        if (type === 'copy' && status === 'ready') this.#tell({ sign: 'ready', target: disk });
      }),
      this.#follow(source, 'job-completed', ({ statistics }) => {
        const downtime = statistics.getULLong('downtime');
        if (downtime !== undefined) this.#downtimeMs = Number(downtime);
      }),
    ]);
    if (this.#destination === undefined) return;
    this.#watchConnection(this.#destination, 'destination');
    await this.#follow(this.#destination, 'lifecycle', (event) => this.#arrived(event));
  }

  /** Tells of connections that are lost, and perhaps were not told of yet. */
  async checkConnections(): Promise<void> {
    const sides = [
      ['source', this.#domain.connection],
      ['destination', this.#destination],
    ] as const;
    for (const [side, connection] of sides) {
      const isAlive = (await connection?.isAlive().catch(() => false)) ?? true;
      if (!isAlive) this.#tell({ sign: 'lost', side, reason: 'error' });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#streams.map((stream) => stream[Symbol.asyncDispose]()));
  }

  #left({ event, detail }: DomainEvents['lifecycle']): void {
    if (event === 'suspended' && (detail === 'migrated' || detail === 'postcopy'))
      this.#tell({ sign: 'suspended' });
    if (event === 'stopped' && detail === 'migrated') this.#tell({ sign: 'left' });
  }

  /** With the flag PAUSED it is `suspended`. While it waits for the guest's state its daemon tells nothing of the kind. */
  #arrived({ event }: DomainEvents['lifecycle']): void {
    if (event === 'resumed' || event === 'suspended') this.#tell({ sign: 'arrived' });
  }

  #tell(sign: DelegateSign): void {
    if (!this.#isOver) this.#onSign(sign);
  }

  #watchConnection(connection: Connection, side: 'source' | 'destination'): void {
    void connection.closed.then((reason) => this.#tell({ sign: 'lost', side, reason }));
  }

  async #follow<K extends DomainEventKind>(
    connection: Connection,
    kind: K,
    onEvent: (event: DomainEvents[K]) => void,
  ): Promise<void> {
    // Not of the one domain: on the destination there is none yet.
    const stream = await connection.events(kind);
    this.#streams.push(stream);
    void this.#read(stream, onEvent);
  }

  async #read<E extends DomainEvents[DomainEventKind]>(
    stream: EventStream<E>,
    onEvent: (event: E) => void,
  ): Promise<void> {
    try {
      for await (const event of stream) if (event.domain.uuid === this.#domain.uuid) onEvent(event);
    } catch {
      // A stream that breaks does so with its connection, and that is told apart.
    }
  }
}
