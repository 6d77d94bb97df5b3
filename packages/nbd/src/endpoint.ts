import { NbdError } from './error.js';
import { asksForTls, type TlsCredentials, withCredentials } from './tls.js';

/**
 * One end of a copy: an NBD URI (`nbd://host:port/export`, `nbd+unix:///export?socket=PATH`), the path of
 * a file or block device, or `null:` (a destination that discards). `{ file }` takes a path as it is, even
 * one that looks like a URI.
 *
 * Source: NBD project, doc/uri.md.
 */
export type Endpoint = string | { readonly uri: string } | { readonly file: string };

/** What the native engine is told. */
export interface BindingEndpoint {
  readonly kind: 'nbd' | 'file' | 'null';
  readonly location: string;
}

/**
 * Both ends, those with TLS with the credentials.
 *
 * @throws {NbdError} `INVALID_ARGUMENT` where there are credentials and neither end is with TLS.
 */
export function toBindingEndpoints(
  ends: readonly [Endpoint, Endpoint],
  tls: TlsCredentials | undefined,
): [BindingEndpoint, BindingEndpoint] {
  const [a, b] = [toBindingEndpoint(ends[0]), toBindingEndpoint(ends[1])];
  if (tls === undefined) return [a, b];
  const isSecure = ({ kind, location }: BindingEndpoint): boolean => kind === 'nbd' && asksForTls(location);
  if (!isSecure(a) && !isSecure(b)) {
    throw new NbdError(
      'INVALID_ARGUMENT',
      'TLS credentials are given, and neither end is with TLS: write nbds:// or nbds+unix://.',
    );
  }
  const secured = (end: BindingEndpoint): BindingEndpoint =>
    isSecure(end) ? { ...end, location: withCredentials(end.location, tls) } : end;
  return [secured(a), secured(b)];
}

export function toBindingEndpoint(endpoint: Endpoint): BindingEndpoint {
  if (typeof endpoint !== 'string') {
    return 'uri' in endpoint
      ? { kind: 'nbd', location: endpoint.uri }
      : { kind: 'file', location: nonEmpty(endpoint.file) };
  }
  if (endpoint === 'null:') return { kind: 'null', location: '' };
  if (/^nbds?(\+[a-z]+)?:/i.test(endpoint)) return { kind: 'nbd', location: endpoint };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(endpoint)?.[1];
  if (scheme !== undefined) {
    throw new NbdError(
      'INVALID_ARGUMENT',
      `"${endpoint}" has the unknown scheme "${scheme}": give an NBD URI (nbd://, nbd+unix://), a path, or null:.`,
    );
  }
  return { kind: 'file', location: nonEmpty(endpoint) };
}

function nonEmpty(path: string): string {
  if (path === '') throw new NbdError('INVALID_ARGUMENT', 'An endpoint is empty: give an NBD URI or a path.');
  return path;
}
