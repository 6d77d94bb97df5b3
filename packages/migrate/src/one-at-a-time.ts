import type { DelegateHost, DelegateSource } from './delegate-ports.js';
import { MigrationError } from './error.js';
import type { HostPort, SourcePort } from './ports.js';

/**
 * Holds both ends for one migration until it is disposed of. A second one on the same connection would take the
 * first one's dirty marks away. A host with libvirt takes any number of domains.
 */
export function occupy(source: SourcePort | DelegateSource, host: HostPort | DelegateHost): Disposable {
  if (occupied.has(source)) {
    throw new MigrationError(
      'SOURCE_MIGRATING',
      'This domain is migrating already: wait for that migration.',
      {
        side: 'source',
      },
    );
  }
  if (occupied.has(host)) {
    throw new MigrationError('DESTINATION_NOT_WAITING', 'This host takes another domain at the moment.', {
      side: 'destination',
    });
  }
  occupied.add(source);
  if (host.strategy === 'engine') occupied.add(host);
  return {
    [Symbol.dispose]() {
      occupied.delete(source);
      occupied.delete(host);
    },
  };
}

const occupied = new WeakSet<object>();
