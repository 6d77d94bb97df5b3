import { type Listen, NbdServerPeer, nbdkitOn, qemuNbd, storageDaemon } from '@blockferry/lab';
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
  start(image: string, listen: Listen): Promise<{ readonly uri: string } & AsyncDisposable>;
}

const OURS: ForeignServer = {
  name: 'blockferry',
  needs: [],
  replies: ['simple', 'structured', 'extended'],
  sizeUnit: 1,
  start: (file, listen) =>
    serve({ file, listen: listen === 'tcp' ? 'nbd://127.0.0.1:0' : `nbd+unix:///?socket=${file}.sock` }),
};

/** Servers that the client is tried against. */
export const SERVERS: readonly ForeignServer[] = [
  {
    name: 'qemu-nbd 10.0',
    needs: ['qemu-nbd'],
    replies: ['simple', 'structured', 'extended'],
    sizeUnit: 512,
    start: (image, listen) => qemuNbd(image, { listen }),
  },
  {
    name: 'qemu-nbd 7.2',
    needs: ['qemu-7.2'],
    replies: ['simple', 'structured'],
    sizeUnit: 512,
    start: (image, listen) => qemuNbd(image, { listen, release: '7.2' }),
  },
  {
    name: 'qemu-storage-daemon 10.0',
    needs: ['qemu-storage-daemon'],
    replies: ['simple', 'structured', 'extended'],
    sizeUnit: 512,
    start: (image, listen) => storageDaemon(image, { listen }),
  },
  {
    name: 'nbdkit 1.32',
    needs: ['nbdkit'],
    replies: ['simple', 'structured'],
    sizeUnit: 1,
    start: (image, listen) => nbdkitOn(listen, 'file', image),
  },
  {
    name: 'nbd-server 3.24',
    needs: ['nbd-server'],
    replies: ['simple'],
    sizeUnit: 1,
    start: (image, listen) => NbdServerPeer.start(image, { listen }),
  },
  OURS,
];

export const FORMS: readonly Replies[] = ['simple', 'structured', 'extended'];
export const TRANSPORTS: readonly Listen[] = ['unix', 'tcp'];
