import { parseQmpUri } from '@blockferry/qmp';
import { localHost } from './address.js';

/** How a monitor is reached: where its host's listeners are by default follows from it. */
export type Monitor = { readonly type: 'unix' } | { readonly type: 'tcp'; readonly host: string };

/** How a monitor is reached, out of its URI. */
export function monitorOf(uri: string): Monitor {
  const parsed = parseQmpUri(uri);
  if ('path' in parsed) return { type: 'unix' };
  // The kernel takes a wildcard for this machine; who listens on it by default would listen on every address.
  return { type: 'tcp', host: localHost(parsed.host) };
}
