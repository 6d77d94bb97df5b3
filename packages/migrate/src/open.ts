import { openLibvirtDomain } from './adapters/libvirt/libvirt-domain.js';
import { openLibvirtHost } from './adapters/libvirt/libvirt-host.js';
import { openQemuDomain } from './adapters/qemu/qemu-domain.js';
import { openQemuHost } from './adapters/qemu/qemu-host.js';
import type { DomainConnection, Host } from './domain.js';
import { MigrationError } from './error.js';
import { toMigrationError } from './failure.js';
import { namesLibvirt } from './libvirt-uri.js';
import type { MigrateOptions } from './options.js';

/** How to open a connection. */
export interface OpenOptions {
  /** On libvirt: the domain's name or UUID. */
  readonly domain?: string;
  /** Gives up the connecting with `ABORTED`; of no effect afterwards. */
  readonly signal?: AbortSignal;
}

/** What tests alone may set beyond that. */
interface MonitorOptions {
  readonly commandTimeoutMs?: number;
}

/** Opens the way to the domain that a URI names. */
export async function openDomainConnection(
  uri: string,
  { domain, ...options }: OpenOptions = {},
  internals: MonitorOptions = {},
): Promise<DomainConnection> {
  try {
    if (namesLibvirt(uri)) return await openLibvirtDomain(uri, domain, options);
    requireQmp(uri);
    return await openQemuDomain(uri, { ...options, ...internals });
  } catch (error) {
    throw toMigrationError(error, { side: 'source' });
  }
}

/**
 * Opens the host that a URI names: a libvirt host, or the monitor of a QEMU that was started with `-incoming defer`.
 *
 * @throws {MigrationError} `INVALID_ARGUMENT` for another URI; `QMP_*`, or libvirt's own code, where it cannot be
 * reached; `NOT_INSTALLED` where `@blockferry/libvirt` is missing; `ABORTED`.
 */
export async function openHost(uri: string, options: Omit<OpenOptions, 'domain'> = {}): Promise<Host> {
  return openHostConnection(uri, options);
}

async function openHostConnection(
  uri: string,
  options: Omit<OpenOptions, 'domain'>,
  internals: MonitorOptions = {},
): Promise<Host> {
  try {
    if (namesLibvirt(uri)) return await openLibvirtHost(uri, options);
    requireQmp(uri);
    return await openQemuHost(uri, { ...options, ...internals });
  } catch (error) {
    throw toMigrationError(error, { side: 'destination' });
  }
}

/** Both ends, opened where a URI was given; what was opened here is closed with it. */
export async function openEnds(
  { from, to, domain: name, signal }: Pick<MigrateOptions, 'from' | 'to' | 'domain' | 'signal'>,
  internals: MonitorOptions = {},
): Promise<{ domain: DomainConnection; host: Host } & AsyncDisposable> {
  if (typeof from === 'string' && from === to) {
    throw new MigrationError('INVALID_ARGUMENT', 'Source and destination are the same URI: give two.');
  }
  const options = signal === undefined ? {} : { signal };
  const named = name === undefined ? options : { ...options, domain: name };
  const domain = typeof from === 'string' ? await openDomainConnection(from, named, internals) : from;
  const closeDomain = async (): Promise<void> => {
    if (typeof from === 'string') await domain.close();
  };
  try {
    const host = typeof to === 'string' ? await openHostConnection(to, options, internals) : to;
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
  throw new MigrationError(
    'INVALID_ARGUMENT',
    `${uri}: this is no URI that we know. Give a libvirt host, such as qemu:///system or qemu+ssh://host/system, ` +
      'or a QEMU monitor: qmp+unix:///path/to.sock or qmp+tcp://host:port.',
  );
}
