/** Why a connection ended, by number. Source: libvirt, virConnectCloseReason. */
export const closeReasons = ['error', 'eof', 'keepalive', 'client'] as const;

/** Why a connection ended: `client`, this side closed it; `eof`, the daemon did; `keepalive`, the daemon answered no more;
 * `error`, anything else. */
export type CloseReason = (typeof closeReasons)[number] | 'unknown';
