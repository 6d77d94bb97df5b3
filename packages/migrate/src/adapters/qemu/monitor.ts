import { parseQmpUri } from '@blockferry/qmp';

/** How a monitor is reached: where its host's listeners are by default follows from it. */
export type Monitor = { readonly type: 'unix' } | { readonly type: 'tcp'; readonly host: string };

/** How a monitor is reached, out of its URI. */
export function monitorOf(uri: string): Monitor {
  const parsed = parseQmpUri(uri);
  return 'path' in parsed ? { type: 'unix' } : { type: 'tcp', host: parsed.host };
}
