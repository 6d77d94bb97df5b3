import { fileURLToPath } from 'node:url';
import { Daemon, type Listen, nbdkitOn, qemuNbd, Scratch } from '@blockferry/lab';

/** The server that a run uses, and what it is known by: a fresh one for each run. */
export type ServerName = 'qemu-nbd' | 'nbdkit' | 'blockferry';

export interface RunningServer extends AsyncDisposable {
  readonly uri: string;
  readonly pid: number;
}

export interface ServerOptions {
  readonly listen?: Listen;
  /** Demands TLS, with the server's certificate in this folder. */
  readonly tlsFolder?: string;
}

/** Serves a raw file, writable. */
export async function startServer(
  name: ServerName,
  image: string,
  options: ServerOptions = {},
): Promise<RunningServer> {
  return START[name](image, options);
}

/** What has to be installed for it. */
export function serverNeeds(name: ServerName): string[] {
  return name === 'blockferry' ? [] : [name];
}

const START: Readonly<Record<ServerName, (image: string, options: ServerOptions) => Promise<RunningServer>>> =
  {
    'qemu-nbd': async (image, { listen = 'unix', tlsFolder }) => {
      const credentials = `tls-creds-x509,id=tls,endpoint=server,dir=${tlsFolder},verify-peer=on`;
      const tls = tlsFolder === undefined ? [] : ['--object', credentials, '--tls-creds', 'tls'];
      return running(await qemuNbd(image, { listen, extraArguments: tls }), tlsFolder);
    },
    nbdkit: async (image, { listen = 'unix', tlsFolder }) => {
      const tls =
        tlsFolder === undefined
          ? []
          : ['--tls=require', `--tls-certificates=${tlsFolder}`, '--tls-verify-peer'];
      return running(await nbdkitOn(listen, ...tls, 'file', image), tlsFolder);
    },
    blockferry: (image, options) => startOurs(image, options),
  };

function running(
  peer: { readonly uri: string; readonly daemon: Daemon } & AsyncDisposable,
  tlsFolder: string | undefined,
): RunningServer {
  return {
    uri: tlsFolder === undefined ? peer.uri : withTls(peer.uri, tlsFolder),
    pid: peer.daemon.pid,
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}

/** The URI of an export that is served by TLS, for a client that has its certificate in `folder`. */
function withTls(uri: string, folder: string): string {
  const secured = uri.replace(/^nbds?/, 'nbds');
  return `${secured}${secured.includes('?') ? '&' : '?'}tls-certificates=${folder}`;
}

/** `blockferry serve`: its URI is the first line that it prints. */
async function startOurs(
  image: string,
  { listen = 'unix', tlsFolder }: ServerOptions,
): Promise<RunningServer> {
  const scratch = new Scratch();
  const socket = scratch.join('nbd.sock');
  const where = listen === 'unix' ? `nbd+unix:///?socket=${socket}` : 'nbd://127.0.0.1:0';
  const tls = tlsFolder === undefined ? [] : ['--tls-creds', tlsFolder];
  const args = [BLOCKFERRY, 'serve', image, '--listen', where, '--quiet', ...tls];
  const { line, onText } = firstLine();
  const daemon = new Daemon(process.execPath, args, onText);
  const dispose = async (): Promise<void> => {
    await daemon.end();
    await scratch[Symbol.asyncDispose]();
  };
  const uri = await Promise.race([line, daemon.exited.then(() => undefined)]);
  if (uri === undefined) {
    await dispose();
    throw new Error(await daemon.exited);
  }
  const reached = tlsFolder === undefined ? uri : withTls(uri, tlsFolder);
  return { uri: reached, pid: daemon.pid, [Symbol.asyncDispose]: dispose };
}

function firstLine(): { line: Promise<string>; onText: (text: string) => void } {
  let text = '';
  let onText = (_more: string): void => {};
  const line = new Promise<string>((resolve) => {
    onText = (more) => {
      text += more;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
    };
  });
  return { line, onText };
}

/** The command of this checkout. */
export const BLOCKFERRY: string = fileURLToPath(
  new URL('../../../packages/cli/bin/blockferry.js', import.meta.url),
);
