import { BLOCKFERRY } from '../harness/servers.js';

/** A program that copies from one NBD server to another; its name is the contestant's. */
export interface Copier {
  readonly name: string;
  readonly needs: readonly string[];
  command(source: string, destination: string): readonly string[];
}

export const BLOCKFERRY_COPY: Copier = {
  name: 'blockferry',
  needs: [],
  command: (source, destination) => [process.execPath, BLOCKFERRY, 'copy', '--quiet', source, destination],
};

/** As it comes. */
export const NBDCOPY: Copier = {
  name: 'nbdcopy',
  needs: ['nbdcopy'],
  command: (source, destination) => ['nbdcopy', source, destination],
};

/** With the options that make it quick: writes in any order, 16 requests at a time. */
export const QEMU_IMG: Copier = {
  name: 'qemu-img',
  needs: ['qemu-img'],
  command: (source, destination) =>
    'qemu-img convert -n -W -m 16 -f raw -O raw'.split(' ').concat(source, destination),
};
