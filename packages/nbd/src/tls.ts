import { NbdError } from './error.js';

/**
 * Certificates for TLS: a folder of PEM files, named as QEMU and libnbd name them.
 *
 * A client needs `ca-cert.pem`, and `client-cert.pem` and `client-key.pem` where the server asks who it is. A server
 * needs `server-cert.pem` and `server-key.pem`, and `ca-cert.pem` to check its clients. Either takes `ca-crl.pem`, a
 * list of revoked certificates, into account. Keys have no passphrase.
 */
export interface TlsCredentials {
  /** The folder. */
  readonly directory: string;
  /**
   * Clients: the name or address that the server's certificate has to be for; needed with unix sockets.
   * @default the URI's host
   */
  readonly hostname?: string;
  /**
   * Clients: check the server's certificate and name; without that, anyone in between can read and write along.
   * Servers: let in only clients with a certificate that a CA of `ca-cert.pem` signed. @default true
   */
  readonly verifyPeer?: boolean;
}

/**
 * The URI with these credentials as its `tls-` parameters; those that it has already stay.
 *
 * @throws {NbdError} `INVALID_ARGUMENT` where the URI does not ask for TLS: nobody is to believe that it does.
 */
export function withCredentials(uri: string, tls: TlsCredentials | undefined): string {
  if (tls === undefined) return uri;
  if (!asksForTls(uri)) {
    throw new NbdError(
      'INVALID_ARGUMENT',
      `TLS credentials are given, and "${uri}" is without TLS: write nbds:// or nbds+unix://.`,
    );
  }
  const parameters: [name: string, value: string | undefined][] = [
    ['tls-certificates', tls.directory],
    ['tls-hostname', tls.hostname],
    ['tls-verify-peer', tls.verifyPeer === undefined ? undefined : tls.verifyPeer ? '1' : '0'],
  ];
  let all = uri;
  for (const [name, value] of parameters) {
    if (value === undefined || new RegExp(`[?&]${name}=`).test(uri)) continue;
    all += `${all.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`;
  }
  return all;
}

/** Whether the text is the URI of an NBD server that is spoken to over TLS. */
export function asksForTls(uri: string): boolean {
  return /^nbds(\+[a-z]+)?:/i.test(uri);
}
