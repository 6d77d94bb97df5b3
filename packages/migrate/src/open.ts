import { openQemuDomain } from './adapters/qemu/qemu-domain.js';
import { openQemuHost } from './adapters/qemu/qemu-host.js';
import type { Domain, DomainConnection, Host } from './domain.js';
import { MigrationError } from './error.js';
import { toMigrationError } from './failure.js';

export interface OpenOptions {
  readonly signal?: AbortSignal;
}

/** Opens the way to the domain that a URI names. */
export async function openDomainConnection(
  uri: string,
  options: OpenOptions = {},
): Promise<DomainConnection> {
  requireQmp(uri);
  try {
    return await openQemuDomain(uri, options);
  } catch (error) {
    throw toMigrationError(error, { side: 'source' });
  }
}

/** Opens the host that a URI names: the monitor of a QEMU that was started with `-incoming defer`. */
export async function openHost(uri: string, options: OpenOptions = {}): Promise<Host> {
  requireQmp(uri);
  try {
    return await openQemuHost(uri, options);
  } catch (error) {
    throw toMigrationError(error, { side: 'destination' });
  }
}

/** Both ends, opened where a URI was given; what was opened here is closed with it. */
export async function openEnds(ends: {
  readonly from: string | Domain;
  readonly to: string | Host;
  readonly signal?: AbortSignal;
}): Promise<{ domain: DomainConnection; host: Host } & AsyncDisposable> {
  if (typeof ends.from === 'string' && ends.from === ends.to) {
    throw new MigrationError('INVALID_ARGUMENT', 'Source and destination are the same monitor: give two.');
  }
  const options = ends.signal === undefined ? {} : { signal: ends.signal };
  const domain = typeof ends.from === 'string' ? await openDomainConnection(ends.from, options) : ends.from;
  const closeDomain = async (): Promise<void> => {
    if (typeof ends.from === 'string') await domain.close();
  };
  try {
    const host = typeof ends.to === 'string' ? await openHost(ends.to, options) : ends.to;
    return {
      domain,
      host,
      async [Symbol.asyncDispose]() {
        if (typeof ends.to === 'string') await host.close();
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
