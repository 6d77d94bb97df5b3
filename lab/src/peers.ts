import { appearance } from './appearance.js';
import type { ImageFormat } from './image-format.js';
import { Daemon } from './process.js';
import { Scratch } from './scratch.js';

/** An NBD server of somebody else's on a private unix socket; it ends when disposed. */
export interface NbdPeer extends AsyncDisposable {
  /** Of the default export, or of the one that was asked for. */
  readonly uri: string;
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
}

/** qemu-nbd on an image, for any number of clients; resolves when it serves. */
export function qemuNbd(image: string, options: QemuNbdOptions = {}): Promise<NbdPeer> {
  const { format = 'raw', exportName = '', readOnly = false, bitmap, extraArguments = [] } = options;
  return startPeer(exportName, (socket, pidFile) => [
    'qemu-nbd',
    ...['--socket', socket, '--pid-file', pidFile, '--persistent', '--shared', '0'],
    ...['--format', format, '--export-name', exportName, '--discard', 'unmap'],
    ...(readOnly ? ['--read-only'] : []),
    ...(bitmap === undefined ? [] : ['--bitmap', bitmap]),
    ...extraArguments,
    image,
  ]);
}

/** nbdkit with options, filters, plugin and parameters as given; resolves when it serves. */
export function nbdkit(...args: string[]): Promise<NbdPeer> {
  return startPeer('', (socket, pidFile) => [
    'nbdkit',
    ...['--foreground', '--unix', socket, '--pidfile', pidFile],
    ...args,
  ]);
}

/** Both servers write their pid file once they accept connections. */
async function startPeer(
  exportName: string,
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
  } catch (error) {
    await dispose();
    throw error;
  }
  const uri = `nbd+unix:///${encodeURIComponent(exportName)}?socket=${socketPath}`;
  return { uri, socketPath, daemon, [Symbol.asyncDispose]: dispose };
}
