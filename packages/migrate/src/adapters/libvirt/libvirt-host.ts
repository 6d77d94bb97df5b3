import type { Host } from '../../domain.js';
import { MigrationError } from '../../error.js';

/** Opens a libvirt host. */
export async function openLibvirtHost(
  uri: string,
  _options: { readonly signal?: AbortSignal },
): Promise<Host> {
  throw new MigrationError('INVALID_ARGUMENT', `${uri}: libvirt connections are not built yet.`);
}
