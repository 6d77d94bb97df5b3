import type { SocketAddressLegacy } from '@blockferry/qmp';
import { MigrationError } from '../../error.js';

/** Where something listens, or is reached. A TCP address without a port takes the next free one of the port range. */
export type Address =
  | { readonly type: 'unix'; readonly path: string }
  | { readonly type: 'tcp'; readonly host: string; readonly port: number | undefined };

/** Reads an NBD server's address: `nbd://h:p`, `nbd+unix:///?socket=P`, and libvirt's `tcp://h:p`, `unix:///P`. */
export function parseNbdAddress(option: string, text: string): Address {
  const url = parseUrl(
    option,
    text,
    'nbd://host:port, nbd+unix:///?socket=PATH, tcp://host:port or unix:///PATH',
  );
  if (url.protocol === 'unix:') return unixUrl(option, text, url);
  if (!['nbd+unix:', 'nbd:', 'tcp:'].includes(url.protocol)) {
    throw invalid(option, text, `the scheme ${url.protocol} is not one of nbd, nbd+unix, tcp, unix`);
  }
  if (url.pathname.length > 1)
    throw invalid(option, text, 'the export is ours to name: leave the path empty');
  if (url.protocol !== 'nbd+unix:') return tcpUrl(option, text, url);
  // Not URLSearchParams: a + is a plus sign here.
  const [parameter = '', ...others] = url.search.slice(1).split('&');
  const socket = /^socket=(.+)$/.exec(parameter)?.[1];
  if (socket === undefined || others.length > 0 || url.host !== '') {
    throw invalid(option, text, 'it takes a socket and nothing else: nbd+unix:///?socket=PATH');
  }
  return unix(option, text, decode(option, text, socket));
}

/** Reads the state stream's address: `tcp://h:p`, `unix:///P`, and QEMU's `tcp:h:p`, `unix:P`. */
export function parseStateAddress(option: string, text: string): Address {
  const qemu = /^unix:([^/].*|\/(?!\/).*)$/.exec(text);
  if (qemu?.[1] !== undefined) return unix(option, text, qemu[1]);
  const url = parseUrl(
    option,
    text,
    'tcp://host:port or unix:///PATH',
    text.replace(/^tcp:(?!\/\/)/, 'tcp://'),
  );
  if (url.protocol === 'unix:') return unixUrl(option, text, url);
  if (url.protocol === 'tcp:' && url.pathname.length <= 1) return tcpUrl(option, text, url);
  if (url.protocol === 'tcp:') throw invalid(option, text, 'tcp://host:port takes no path');
  throw invalid(option, text, `the scheme ${url.protocol} is neither tcp nor unix`);
}

/** Reads the host of `listen_address`; an IPv6 address may stand in brackets. */
export function parseListenHost(text: string): string {
  const host = text.replace(/^\[(.*)\]$/, '$1');
  if (host === '' || /[/?#@]/.test(host) || !URL.canParse(`tcp://${bracket(host)}`)) {
    throw invalid('listen_address', text, 'give a host name or an IP address, and nothing else');
  }
  return host;
}

/** Whether a host stands for every address of a machine: one may listen there, but nobody can connect to it. */
export function isWildcard(host: string): boolean {
  // This scheme's URLs have one form for all ways to write a number: 0, 0x0.0.0.0, 0:0:0:0:0:0:0:0.
  const url = `http://${bracket(host)}`;
  return URL.canParse(url) && WILDCARDS.has(new URL(url).hostname);
}

/** Where a client of the same machine finds what listens on a host. */
export function localHost(host: string): string {
  if (!isWildcard(host)) return host;
  return host.includes(':') ? '::1' : '127.0.0.1';
}

/** The NBD URI of an export behind an address; with TLS where there are certificates. */
export function exportUri(address: Address, name: string, tls?: ExportTls): string {
  const path = encodeURIComponent(name);
  const scheme = tls === undefined ? 'nbd' : 'nbds';
  const parameters = [
    ...(address.type === 'unix' ? [['socket', address.path] as const] : []),
    ...(tls === undefined
      ? []
      : [['tls-certificates', tls.directory] as const, ['tls-hostname', tls.name] as const]),
  ].map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const query = parameters.length === 0 ? '' : `?${parameters.join('&')}`;
  if (address.type === 'unix') return `${scheme}+unix:///${path}${query}`;
  return `${scheme}://${bracket(address.host)}:${address.port ?? 10809}/${path}${query}`;
}

/** What a client of an export needs for TLS. */
export interface ExportTls {
  /** Folder of certificates. */
  readonly directory: string;
  /** Whom the server's has to be for. */
  readonly name: string;
}

/** QEMU's form for `migrate` and `migrate-incoming`. */
export function stateUri(address: Address): string {
  return address.type === 'unix'
    ? `unix:${address.path}`
    : `tcp:${bracket(address.host)}:${address.port ?? 0}`;
}

/** QEMU's form for `nbd-server-start` (SocketAddressLegacy). */
export function serverAddress(address: Address): SocketAddressLegacy {
  return address.type === 'unix'
    ? { type: 'unix', data: { path: address.path } }
    : { type: 'inet', data: { host: address.host, port: String(address.port ?? 0) } };
}

function unixUrl(option: string, text: string, url: URL): Address {
  if (url.host !== '') throw invalid(option, text, 'a socket has no host: unix:///PATH, with three slashes');
  if (url.search !== '') throw invalid(option, text, 'it takes no query: write a ? in the path as %3F');
  return unix(option, text, decode(option, text, url.pathname));
}

function tcpUrl(option: string, text: string, url: URL): Address {
  if (url.search !== '' || url.username !== '' || url.password !== '') {
    throw invalid(option, text, 'it takes a host and a port and nothing else');
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (host === '') throw invalid(option, text, 'it names no host');
  return {
    type: 'tcp',
    host,
    port: url.port === '' || url.port === '0' ? undefined : Number(url.port),
  };
}

function unix(option: string, text: string, path: string): Address {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw invalid(
      option,
      text,
      `a socket's path ends at ${MAX_SOCKET_PATH} bytes, this one has ${Buffer.byteLength(path)}`,
    );
  }
  if (!/^\/[^\0]+$/.test(path)) throw invalid(option, text, "the socket's path has to be absolute");
  return { type: 'unix', path };
}

function parseUrl(option: string, text: string, forms: string, uri: string = text): URL {
  // A scheme that URL does not know keeps the host's case and an empty port: what we need.
  if (!uri.includes('://') || !URL.canParse(uri)) throw invalid(option, text, `give ${forms}`);
  const url = new URL(uri);
  if (url.hash !== '') throw invalid(option, text, 'write a # in the path as %23');
  return url;
}

function decode(option: string, text: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid(option, text, 'a % in it begins no valid escape');
  }
}

function bracket(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function invalid(option: string, text: string, why: string): MigrationError {
  return new MigrationError('INVALID_ARGUMENT', `${option} is "${text}": ${why}.`);
}

/** sun_path without its final NUL. */
export const MAX_SOCKET_PATH = 107;

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '[::]', '[::ffff:0:0]']);
