import { type QmpClient, QmpError } from '@blockferry/qmp';
import { MigrationError } from '../../error.js';
import type { Side } from '../../error-code.js';
import type { StreamTls } from '../../ports.js';
import type { Address } from './address.js';

/**
 * Our TLS credentials on one QEMU. It reads the folder itself, on its own host; both of its kinds check whoever is at
 * the other end.
 *
 * Source: QEMU docs/system/tls.rst, qapi/crypto.json (TlsCredsX509Properties).
 */
export class TlsObjects {
  readonly #qmp: QmpClient;
  readonly #side: Side;
  readonly #prefix: string;
  readonly #tls: StreamTls | undefined;
  #added: string[] = [];

  /** Without `tls`, for a migration in plain text, there is nothing to add. */
  constructor(qmp: QmpClient, side: Side, prefix: string, tls: StreamTls | undefined) {
    this.#qmp = qmp;
    this.#side = side;
    this.#prefix = prefix;
    this.#tls = tls;
  }

  /** The object's id, for what listens or connects. */
  id(endpoint: Endpoint): string {
    return `${this.#prefix}-tls-${endpoint}`;
  }

  async add(...endpoints: Endpoint[]): Promise<void> {
    if (this.#tls === undefined) return;
    const { directory } = this.#tls;
    for (const endpoint of endpoints) {
      const id = this.id(endpoint);
      const properties = { id, endpoint, dir: directory, 'verify-peer': true };
      try {
        await this.#qmp.execute('object-add', { 'qom-type': 'tls-creds-x509', ...properties });
      } catch (error) {
        throw unusable(directory, this.#side, endpoint, error);
      }
      this.#added.push(id);
    }
  }

  /** A second call does nothing. */
  async remove(): Promise<void> {
    const added = this.#added;
    this.#added = [];
    await Promise.all(added.map((id) => this.#qmp.execute('object-del', { id })));
  }
}

/** What a QEMU does over TLS: it listens, or it connects. */
export type Endpoint = 'server' | 'client';

/**
 * The name that the certificate of what listens there has to be for. A socket has none: whoever may use it is on that
 * machine.
 */
export function tlsName(address: Address, override?: string): string {
  return override ?? (address.type === 'tcp' ? address.host : 'localhost');
}

function unusable(directory: string, side: Side, endpoint: Endpoint, error: unknown): unknown {
  if (!QmpError.is(error) || error.code !== 'QMP_COMMAND') return error;
  const files = `ca-cert.pem, ${endpoint}-cert.pem and ${endpoint}-key.pem`;
  return new MigrationError(
    'NBD_TLS_CREDENTIALS',
    `The ${side}'s QEMU cannot use the certificates in ${directory} (${error.description}): ` +
      `put ${files} there, on its host, where it may read them.`,
    { side, cause: error },
  );
}
