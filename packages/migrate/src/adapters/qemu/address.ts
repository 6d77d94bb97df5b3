import type { SocketAddressLegacy } from '@blockferry/qmp';
import { MigrationError } from '../../error.js';

/** Where something listens. A TCP address without a port takes the next free one of the port range. */
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
  if (url.protocol === 'nbd+unix:') {
    const socket = url.searchParams.get('socket');
    if (!socket) throw invalid(option, text, 'it has no socket: nbd+unix:///?socket=PATH');
    if (url.pathname.length > 1)
      throw invalid(option, text, 'the export is ours to name: leave the path empty');
    return unix(option, text, socket);
  }
  if (url.protocol === 'unix:') return unix(option, text, decodeURIComponent(url.pathname));
  if (url.protocol === 'nbd:' || url.protocol === 'tcp:') {
    if (url.pathname.length > 1)
      throw invalid(option, text, 'the export is ours to name: leave the path empty');
    return tcp(option, text, url.hostname, url.port);
  }
  throw invalid(option, text, `the scheme ${url.protocol} is not one of nbd, nbd+unix, tcp, unix`);
}

/** Reads the state stream's address: `tcp://h:p`, `unix:///P`, and QEMU's `tcp:h:p`, `unix:P`. */
export function parseStateAddress(option: string, text: string): Address {
  const qemu = /^unix:([^/].*|\/(?!\/).*)$/.exec(text);
  if (qemu?.[1] !== undefined) return unix(option, text, qemu[1]);
  const colons = /^tcp:(?!\/\/)(.*)$/.exec(text);
  const url = parseUrl(option, colons ? `tcp://${colons[1]}` : text, 'tcp://host:port or unix:///PATH');
  if (url.protocol === 'unix:') return unix(option, text, decodeURIComponent(url.pathname));
  if (url.protocol === 'tcp:') return tcp(option, text, url.hostname, url.port);
  throw invalid(option, text, `the scheme ${url.protocol} is neither tcp nor unix`);
}

/** The NBD URI of an export behind an address. */
export function exportUri(address: Address, name: string): string {
  const path = encodeURIComponent(name);
  if (address.type === 'unix') return `nbd+unix:///${path}?socket=${encodeURIComponent(address.path)}`;
  return `nbd://${bracket(address.host)}:${address.port ?? 10809}/${path}`;
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

function unix(option: string, text: string, path: string): Address {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw invalid(
      option,
      text,
      `a socket's path ends at ${MAX_SOCKET_PATH} bytes, this one has ${Buffer.byteLength(path)}`,
    );
  }
  if (!path.startsWith('/')) throw invalid(option, text, "the socket's path has to be absolute");
  return { type: 'unix', path };
}

function tcp(option: string, text: string, hostname: string, port: string): Address {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (host === '') throw invalid(option, text, 'it names no host');
  return { type: 'tcp', host, port: port === '' || port === '0' ? undefined : Number(port) };
}

function parseUrl(option: string, text: string, forms: string): URL {
  // A scheme that URL does not know keeps the host's case and an empty port: what we need.
  if (!URL.canParse(text)) throw invalid(option, text, `give ${forms}`);
  return new URL(text);
}

function bracket(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function invalid(option: string, text: string, why: string): MigrationError {
  return new MigrationError('INVALID_ARGUMENT', `${option} is "${text}": ${why}.`);
}

/** sun_path without its final NUL. */
export const MAX_SOCKET_PATH = 107;
