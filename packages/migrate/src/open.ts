import { openQemuDomain } from './adapters/qemu/qemu-domain.js';
import { openQemuHost } from './adapters/qemu/qemu-host.js';
import type { Domain, DomainConnection, Host } from './domain.js';
import { MigrationError } from './error.js';
import { toMigrationError } from './failure.js';

/** How to open a connection. */
export interface OpenOptions {
  /** Gives up the connecting with `ABORTED`; of no effect afterwards. */
  readonly signal?: AbortSignal;
}

/** What tests alone may set beyond that. */
interface MonitorOptions extends OpenOptions {
  readonly commandTimeoutMs?: number;
}

/** Opens the way to the domain that a URI names. */
export async function openDomainConnection(
  uri: string,
  options: MonitorOptions = {},
): Promise<DomainConnection> {
  requireQmp(uri);
  try {
    return await openQemuDomain(uri, options);
  } catch (error) {
    throw toMigrationError(error, { side: 'source' });
  }
}

/**
 * Opens the host that a URI names: the monitor of a QEMU that was started with `-incoming defer`.
 *
 * @throws {MigrationError} `INVALID_ARGUMENT` for another URI; `QMP_*` where the monitor cannot be reached; `ABORTED`.
 */
export async function openHost(uri: string, options: OpenOptions = {}): Promise<Host> {
  return openHostConnection(uri, options);
}

async function openHostConnection(uri: string, options: MonitorOptions): Promise<Host> {
  requireQmp(uri);
  try {
    return await openQemuHost(uri, options);
  } catch (error) {
    throw toMigrationError(error, { side: 'destination' });
  }
}

/** Both ends, opened where a URI was given; what was opened here is closed with it. */
export async function openEnds({
  from,
  to,
  ...options
}: MonitorOptions & {
  readonly from: string | Domain;
  readonly to: string | Host;
}): Promise<{ domain: DomainConnection; host: Host } & AsyncDisposable> {
  if (typeof from === 'string' && from === to) {
    throw new MigrationError('INVALID_ARGUMENT', 'Source and destination are the same monitor: give two.');
  }
  const domain = typeof from === 'string' ? await openDomainConnection(from, options) : from;
  const closeDomain = async (): Promise<void> => {
    if (typeof from === 'string') await domain.close();
  };
  try {
    const host = typeof to === 'string' ? await openHostConnection(to, options) : to;
    return {
      domain,
      host,
      async [Symbol.asyncDispose]() {
        if (typeof to === 'string') await host.close();
        await closeDomain();
      },
    };
  } catch (error) {
    await closeDomain();
    throw error;
  }
}

function requireQmp(uri: string): void {
  if (/^qmp\+(unix|tcp):/.test(uri)) return;
  const what = /^(qemu|ch|xen|lxc|test|vz|vbox|esx|vpx|hyperv|bhyve)(\+\w+)?:/.test(uri)
    ? 'libvirt connections are not built yet'
    : 'this is no URI that we know';
  throw new MigrationError(
    'INVALID_ARGUMENT',
    `${uri}: ${what}. Give a QEMU monitor: qmp+unix:///path/to.sock or qmp+tcp://host:port.`,
  );
}
