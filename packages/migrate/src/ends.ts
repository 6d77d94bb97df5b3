import type { DelegateHost, DelegateSource } from './delegate-ports.js';
import type { Domain, DomainConnection, Host } from './domain.js';
import { MigrationError } from './error.js';
import { namesLibvirt } from './libvirt-uri.js';
import type { HostPort, SourcePort } from './ports.js';

/** Both ends of a migration, of the same kind: who does the work decides which. */
export type Ends =
  | { readonly strategy: 'engine'; readonly source: SourcePort; readonly host: HostPort }
  | { readonly strategy: 'delegate'; readonly source: DelegateSource; readonly host: DelegateHost };

/**
 * Who does the work between two ends, as far as URIs tell, before anything is opened.
 *
 * @throws {MigrationError} `INVALID_ARGUMENT` where one is on libvirt and the other is not.
 */
export function strategyBetween(from: string | Domain, to: string | Host): Ends['strategy'] {
  const [source, host] = [strategyOf(from), strategyOf(to)];
  if (source !== host) throw mixed(source === 'delegate');
  return source;
}

/**
 * The ports of two ends.
 *
 * @throws {MigrationError} `INVALID_ARGUMENT` where one is on libvirt and the other is not.
 */
export function matchEnds(domain: DomainConnection, { port: host }: Host): Ends {
  const { port: source } = domain;
  if (source.strategy === 'engine' && host.strategy === 'engine') {
    return { strategy: 'engine', source, host };
  }
  if (source.strategy === 'delegate' && host.strategy === 'delegate') {
    return { strategy: 'delegate', source, host };
  }
  throw mixed(source.strategy === 'delegate');
}

function strategyOf(end: string | Domain | Host): Ends['strategy'] {
  if (typeof end !== 'string') return end.port.strategy;
  return namesLibvirt(end) ? 'delegate' : 'engine';
}

function mixed(sourceIsLibvirt: boolean): MigrationError {
  return new MigrationError(
    'INVALID_ARGUMENT',
    sourceIsLibvirt
      ? 'A libvirt domain moves to a libvirt host: give a libvirt URI for the destination as well.'
      : 'A domain without libvirt does not move to a libvirt host: give the destination of the same kind as the source.',
  );
}
