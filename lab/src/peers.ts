import { appearance } from './appearance.js';
import type { ImageFormat } from './image-format.js';
import { listeners } from './listeners.js';
import { Daemon } from './process.js';
import { type QemuRelease, qemuNbdBinary } from './qemu-binary.js';
import { Scratch } from './scratch.js';

/** What a peer listens on: a private unix socket, or the loopback and a port of its own choice. */
export type Listen = 'unix' | 'tcp';

/** An NBD server of somebody else's; it ends when disposed. */
export interface NbdPeer extends AsyncDisposable {
  /** Of the default export, or of the one that was asked for. */
  readonly uri: string;
  /** Where there is a socket if it listens on one. */
  readonly socketPath: string;
  /** For its signals, its pid, its stderr. */
  readonly daemon: Daemon;
}

export interface QemuNbdOptions {
  /** @default 'raw' */
  readonly format?: ImageFormat;
  /** @default '' */
  readonly exportName?: string;
  readonly readOnly?: boolean;
  /** A persistent bitmap of a qcow2 image, exported as qemu:dirty-bitmap:NAME. */
  readonly bitmap?: string;
  readonly extraArguments?: readonly string[];
  /** @default 'unix' */
  readonly listen?: Listen;
  /** Whose qemu-nbd. @default 'installed' */
  readonly release?: QemuRelease;
}

/** qemu-nbd on an image, for any number of clients; resolves when it serves. */
export function qemuNbd(image: string, options: QemuNbdOptions = {}): Promise<NbdPeer> {
  const { format = 'raw', exportName = '', readOnly = false, bitmap, extraArguments = [] } = options;
  const { listen = 'unix', release = 'installed' } = options;
  return startPeer(exportName, listen, (socket, pidFile) => [
    qemuNbdBinary(release),
    ...(listen === 'unix' ? ['--socket', socket] : ['--bind', LOOPBACK, '--port', '0']),
    ...['--pid-file', pidFile, '--persistent', '--shared', '0'],
    ...['--format', format, '--export-name', exportName, '--discard', 'unmap'],
    ...(readOnly ? ['--read-only'] : []),
    ...(bitmap === undefined ? [] : ['--bitmap', bitmap]),
    ...extraArguments,
    image,
  ]);
}

/** How `storageDaemon` serves. */
export interface StorageDaemonOptions {
  /** @default 'raw' */
  readonly format?: ImageFormat;
  /** @default 'disk' */
  readonly exportName?: string;
  /** @default 'unix' */
  readonly listen?: Listen;
  /** Demands TLS, with the server's certificate in this folder. */
  readonly tlsFolder?: string;
}

/** qemu-storage-daemon on an image, writable; resolves when it serves. */
export function storageDaemon(image: string, options: StorageDaemonOptions = {}): Promise<NbdPeer> {
  const { format = 'raw', exportName = 'disk', listen = 'unix', tlsFolder } = options;
  const tls = tlsFolder === undefined ? '' : ',tls-creds=tls0';
  const credentials = `tls-creds-x509,id=tls0,dir=${tlsFolder},endpoint=server,verify-peer=on`;
  return startPeer(exportName, listen, (socket, pidFile) => [
    'qemu-storage-daemon',
    ...(tlsFolder === undefined ? [] : ['--object', credentials]),
    ...['--blockdev', `driver=file,node-name=file,filename=${image},discard=unmap`],
    ...['--blockdev', `driver=${format},node-name=disk,file=file,discard=unmap`],
    ...[
      '--nbd-server',
      (listen === 'unix'
        ? `addr.type=unix,addr.path=${socket}`
        : `addr.type=inet,addr.host=${LOOPBACK},addr.port=0`) + tls,
    ],
    ...['--export', `type=nbd,id=disk,node-name=disk,name=${exportName},writable=on`],
    ...['--pidfile', pidFile],
  ]);
}

/** nbdkit with options, filters, plugin and parameters as given; resolves when it serves. */
export function nbdkit(...args: string[]): Promise<NbdPeer> {
  return nbdkitOn('unix', ...args);
}

/** The same on the transport of choice. */
export function nbdkitOn(listen: Listen, ...args: string[]): Promise<NbdPeer> {
  return startPeer('', listen, (socket, pidFile) => [
    'nbdkit',
    ...(listen === 'unix' ? ['--unix', socket] : ['--ipaddr', LOOPBACK, '--port', '0']),
    ...['--foreground', '--pidfile', pidFile],
    ...args,
  ]);
}

/** All of them write their pid file once they accept connections. */
async function startPeer(
  exportName: string,
  listen: Listen,
  commandLine: (socket: string, pidFile: string) => string[],
): Promise<NbdPeer> {
  const scratch = new Scratch();
  const socketPath = scratch.join('nbd.sock');
  const pidFile = scratch.join('pid');
  const [program = '', ...args] = commandLine(socketPath, pidFile);
  const daemon = new Daemon(program, args);
  const dispose = async (): Promise<void> => {
    await daemon.end();
    await scratch[Symbol.asyncDispose]();
  };
  try {
    await appearance(pidFile, daemon);
    const name = encodeURIComponent(exportName);
    const uri =
      listen === 'unix'
        ? `nbd+unix:///${name}?socket=${socketPath}`
        : `nbd://${LOOPBACK}:${await portOf(daemon)}/${name}`;
    return { uri, socketPath, daemon, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** The port that a server chose; the address is in hex. */
async function portOf(daemon: Daemon): Promise<number> {
  const listening = await listeners(daemon.pid);
  const port = /^tcp:[0-9A-F]+:([0-9A-F]+)$/m.exec(listening.join('\n'))?.[1];
  if (port === undefined) throw new Error(`${daemon.name} does not listen on TCP: ${listening.join(', ')}`);
  return Number.parseInt(port, 16);
}

const LOOPBACK = '127.0.0.1';
