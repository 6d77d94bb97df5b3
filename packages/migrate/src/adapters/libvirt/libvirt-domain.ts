import type { DomainConnection } from '../../domain.js';
import { MigrationError } from '../../error.js';

/** Opens a domain of a libvirt host, by its name or UUID. */
export async function openLibvirtDomain(
  uri: string,
  _domain: string | undefined,
  _options: { readonly signal?: AbortSignal },
): Promise<DomainConnection> {
  throw new MigrationError('INVALID_ARGUMENT', `${uri}: libvirt connections are not built yet.`);
}
