import type * as Libvirt from '@blockferry/libvirt';
import { MigrationError } from '../../error.js';

/** A connection to a libvirt daemon, made anew when it was lost. */
export class Daemon {
  readonly uri: string;
  /** Migrations that are under way over this connection. */
  migrations = 0;
  readonly #libvirt: typeof Libvirt;
  #connection: Libvirt.Connection;
  #isLost = false;
  #renewal: Promise<Libvirt.Connection> | undefined;

  private constructor(uri: string, libvirt: typeof Libvirt, connection: Libvirt.Connection) {
    this.uri = uri;
    this.#libvirt = libvirt;
    this.#connection = connection;
    this.#watch(connection);
  }

  static async connect(uri: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Daemon> {
    const libvirt = await loadLibvirt();
    return new Daemon(uri, libvirt, await libvirt.connect(uri, { signal }));
  }

  /** As it is: lost, perhaps. */
  get connection(): Libvirt.Connection {
    return this.#connection;
  }

  /** One that is not lost, as far as is known; each attempt takes 10 seconds at most. */
  async renewed(): Promise<Libvirt.Connection> {
    if (!this.#isLost) return this.#connection;
    return this.replaced();
  }

  /** A new one in any case: what the daemon kept for the old one is let go. */
  async replaced(): Promise<Libvirt.Connection> {
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #renew(): Promise<Libvirt.Connection> {
    const fresh = await this.#libvirt.connect(this.uri, { signal: AbortSignal.timeout(CONNECT_MS) });
    const old = this.#connection;
    this.#connection = fresh;
    this.#isLost = false;
    this.#watch(fresh);
    await old.close().catch(() => undefined);
    return fresh;
  }

  #watch(connection: Libvirt.Connection): void {
    void connection.closed.then((reason) => {
      if (reason !== 'client' && connection === this.#connection) this.#isLost = true;
    });
  }
}

/** Only who gives a libvirt URI needs the package. */
async function loadLibvirt(): Promise<typeof Libvirt> {
  try {
    return await import('@blockferry/libvirt');
  } catch (cause) {
    throw new MigrationError(
      'NOT_INSTALLED',
      'libvirt URIs need the package @blockferry/libvirt: run "npm install @blockferry/libvirt".',
      { cause },
    );
  }
}

const CONNECT_MS = 10_000;
