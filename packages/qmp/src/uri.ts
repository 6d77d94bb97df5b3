import { QmpError } from './error.js';

/** Where a monitor listens. */
export type QmpAddress =
  | { readonly transport: 'unix'; readonly path: string }
  | { readonly transport: 'tcp'; readonly host: string; readonly port: number };

/**
 * Reads `qmp+unix:///PATH` or `qmp+tcp://HOST:PORT`. The path is absolute and percent-decoded, an IPv6 host stands in
 * brackets, and the port is never left out.
 *
 * @throws {QmpError} `QMP_URI`, saying what is wrong.
 */
export function parseQmpUri(uri: string): QmpAddress {
  const url = parseUrl(uri);
  if (url.search !== '' || url.hash !== '') {
    throw refuse(uri, 'it takes no query and no fragment; write a ? as %3F and a # as %23 in a path');
  }
  if (url.username !== '' || url.password !== '') throw refuse(uri, 'it takes no user name or password');
  return url.protocol === 'qmp+unix:' ? unixAddress(uri, url) : tcpAddress(uri, url);
}

function parseUrl(uri: string): URL {
  if (!/^qmp\+(?:unix|tcp):\/\//i.test(uri)) {
    throw refuse(uri, 'a monitor is qmp+unix:///PATH or qmp+tcp://HOST:PORT');
  }
  try {
    return new URL(uri);
  } catch (cause) {
    throw refuse(uri, 'its host or port is malformed', cause);
  }
}

function unixAddress(uri: string, url: URL): QmpAddress {
  if (url.host !== '')
    throw refuse(uri, 'the path of a socket is absolute: qmp+unix:///PATH, with three slashes');
  if (url.pathname.length < 2) throw refuse(uri, 'the path of the socket is missing');
  const path = decode(uri, url.pathname);
  if (path.includes('\0')) throw refuse(uri, 'a path holds no NUL');
  const length = new TextEncoder().encode(path).length;
  if (length > MAX_SOCKET_PATH_BYTES) {
    throw refuse(uri, `its path has ${length} bytes, and a socket path has at most ${MAX_SOCKET_PATH_BYTES}`);
  }
  return { transport: 'unix', path };
}

function tcpAddress(uri: string, url: URL): QmpAddress {
  if (url.hostname === '') throw refuse(uri, 'the host is missing');
  if (url.port === '' || url.port === '0') throw refuse(uri, 'the port is missing: QMP has no default one');
  if (url.pathname !== '' && url.pathname !== '/') throw refuse(uri, 'qmp+tcp takes no path');
  const host = decode(uri, url.hostname).replace(/^\[(.*)\]$/, '$1');
  return { transport: 'tcp', host, port: Number(url.port) };
}

function decode(uri: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw refuse(uri, 'a % in it does not begin a valid escape', cause);
  }
}

function refuse(uri: string, why: string, cause?: unknown): QmpError {
  return new QmpError('QMP_URI', `The monitor URI '${uri}' cannot be used: ${why}.`, { cause });
}

// sun_path of Linux has 108 bytes, its NUL included.
const MAX_SOCKET_PATH_BYTES = 107;
