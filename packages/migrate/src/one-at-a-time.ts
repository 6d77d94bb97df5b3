import { MigrationError } from './error.js';
import type { HostPort, SourcePort } from './ports.js';

/**
 * Holds both ends for one migration until it is disposed of. A second one on the same connection would take the
 * first one's dirty marks away.
 */
export function occupy(source: SourcePort, host: HostPort): Disposable {
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
  occupied.add(host);
  return {
    [Symbol.dispose]() {
      occupied.delete(source);
      occupied.delete(host);
    },
  };
}

const occupied = new WeakSet<SourcePort | HostPort>();
