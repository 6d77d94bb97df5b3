import { type Listen, NbdServerPeer, nbdkitOn, qemuNbd, storageDaemon } from '@blockferry/lab';
import { given } from '../../src/given.js';
import { type Replies, serve } from '../../src/index.js';

/** A server that serves an image, and what is known of it. */
export interface ForeignServer {
  readonly name: string;
  /** What `requires` has to find. */
  readonly needs: readonly string[];
  /** The forms of replies that it has. */
  readonly replies: readonly Replies[];
  /** Its exports are whole blocks of so many bytes: an image's size is rounded up. */
  readonly sizeUnit: number;
  /** With a folder of certificates it demands TLS. */
  start(
    image: string,
    listen: Listen,
    tlsFolder?: string,
  ): Promise<{ readonly uri: string } & AsyncDisposable>;
}

const OURS: ForeignServer = {
  name: 'blockferry',
  needs: [],
  replies: ['simple', 'structured', 'extended'],
  sizeUnit: 1,
  start: (file, listen, directory) =>
    serve({
      file,
      listen: listen === 'tcp' ? 'nbd://127.0.0.1:0' : `nbd+unix:///?socket=${file}.sock`,
      ...(directory === undefined ? {} : { tls: { directory } }),
    }),
};

/** Servers that the client is tried against. */
export const SERVERS: readonly ForeignServer[] = [
  {
    name: 'qemu-nbd 10.0',
    needs: ['qemu-nbd'],
    replies: ['simple', 'structured', 'extended'],
    sizeUnit: 512,
    start: (image, listen, tls) => qemuNbd(image, { listen, extraArguments: qemuNbdTls(tls) }),
  },
  {
    name: 'qemu-nbd 7.2',
    needs: ['qemu-7.2'],
    replies: ['simple', 'structured'],
    sizeUnit: 512,
    start: (image, listen, tls) =>
      qemuNbd(image, { listen, release: '7.2', extraArguments: qemuNbdTls(tls) }),
  },
  {
    name: 'qemu-storage-daemon 10.0',
    needs: ['qemu-storage-daemon'],
    replies: ['simple', 'structured', 'extended'],
    sizeUnit: 512,
    start: (image, listen, tlsFolder) => storageDaemon(image, given({ listen, tlsFolder })),
  },
  {
    name: 'nbdkit 1.32',
    needs: ['nbdkit'],
    replies: ['simple', 'structured'],
    sizeUnit: 1,
    start: (image, listen, tls) => nbdkitOn(listen, ...nbdkitTls(tls), 'file', image),
  },
  {
    name: 'nbd-server 3.24',
    needs: ['nbd-server'],
    replies: ['simple'],
    sizeUnit: 1,
    start: (image, listen, tlsFolder) => NbdServerPeer.start(image, given({ listen, tlsFolder })),
  },
  OURS,
];

function qemuNbdTls(folder: string | undefined): string[] {
  if (folder === undefined) return [];
  const object = `tls-creds-x509,id=tls0,dir=${folder},endpoint=server,verify-peer=on`;
  return ['--object', object, '--tls-creds', 'tls0'];
}

function nbdkitTls(folder: string | undefined): string[] {
  return folder === undefined ? [] : ['--tls=require', `--tls-certificates=${folder}`, '--tls-verify-peer'];
}

export const FORMS: readonly Replies[] = ['simple', 'structured', 'extended'];
export const TRANSPORTS: readonly Listen[] = ['unix', 'tcp'];
