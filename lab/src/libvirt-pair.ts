import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { flushedGeneration } from './beats.js';
import { buildGuest } from './guest.js';
import { DEFAULT_DISKS, type GuestDisk, shareRate } from './guest-disks.js';
import { blankImage, fillImage, randomImage, type Verification, verifyImage } from './images.js';
import { domainXml, imageFile } from './libvirt-domain.js';
import { LibvirtHost } from './libvirt-host.js';
import { TwoHosts } from './namespaces.js';
import { makePki } from './pki.js';
import type { Side } from './qemu-pair.js';
import { Scratch } from './scratch.js';

export interface LibvirtPairOptions {
  /** @default vda and vdb of 256 MiB, which the guest writes, and vdc of 128 MiB, which it does not */
  readonly disks?: readonly GuestDisk[];
  /** What the guest writes in all, in MiB a second, evenly to the disks that it writes at all. */
  readonly rateMiB?: number;
  /** The destination's images are full of random bytes, instead of blank. */
  readonly dirtyTarget?: boolean;
  /** Waits for the guest's first beat, and not only for its QEMU. @default true */
  readonly isBooted?: boolean;
  /** Gives both hosts certificates for migrations with TLS, for `localhost` as `tls.destination`. */
  readonly hasCertificates?: boolean;
}

/**
 * Two hosts with a libvirtd each, and a guest that runs and writes on `source`: a transient domain, whose disks are
 * raw images at the same paths on both hosts. Takes root: see `requires('libvirt')`.
 */
export class LibvirtPair implements AsyncDisposable {
  readonly source: LibvirtHost;
  readonly destination: LibvirtHost;
  /** The network between them. */
  readonly network: TwoHosts;
  readonly disks: readonly GuestDisk[];
  /** The guest's name. */
  readonly domain: string = 'lab';
  readonly #scratch: Scratch;

  private constructor(layout: Layout, source: LibvirtHost, destination: LibvirtHost) {
    this.#scratch = layout.scratch;
    this.network = layout.network;
    this.disks = layout.disks;
    this.source = source;
    this.destination = destination;
  }

  /** Resolves after the guest's first beat, if nothing else is said. Nothing is left if it rejects. */
  static async start(options: LibvirtPairOptions = {}): Promise<LibvirtPair> {
    const disks = shareRate(options.disks ?? DEFAULT_DISKS, options.rateMiB);
    const network = await TwoHosts.start();
    const scratch = new Scratch();
    const layout = { network, scratch, disks };
    const hosts: LibvirtHost[] = [];
    try {
      await mkdir(scratch.join('images'));
      const tlsFolder = options.hasCertificates ? (await makePki(scratch.join('pki'))).good : undefined;
      const starts = await Promise.allSettled(SIDES.map((side) => startHost(layout, side, tlsFolder)));
      for (const start of starts) if (start.status === 'fulfilled') hosts.push(start.value);
      for (const start of starts) if (start.status === 'rejected') throw start.reason;
      const [source, destination] = hosts as [LibvirtHost, LibvirtHost];
      const pair = new LibvirtPair(layout, source, destination);
      await pair.#createImages(options.dirtyTarget ?? false);
      await pair.#startGuest();
      if (options.isBooted ?? true) await pair.#firstBeat();
      return pair;
    } catch (error) {
      await dispose(layout, hosts);
      throw error;
    }
  }

  /** Private to the pair; removed with it. Socket paths below it are short enough. */
  get directory(): string {
    return this.#scratch.path;
  }

  /** Where a disk of a side is for the rest of the machine. */
  image(side: Side, disk: string): string {
    return this[side].image(imageFile(disk));
  }

  /**
   * Judges a disk, which has to hold all that the guest has said to be flushed, on the source and, when
   * `side` is the destination, there too. Only after `end()`.
   */
  verify(side: Side, disk: string): Promise<Verification> {
    if (this.source.running || this.destination.running) throw new Error('end() the pair, then verify');
    const beats = [...this.source.beats, ...(side === 'destination' ? this.destination.beats : [])];
    return verifyImage(this.image(side, disk), flushedGeneration(beats, disk));
  }

  /** Ends both hosts; the images stay until the pair is disposed. Idempotent. */
  async end(): Promise<void> {
    await Promise.all([this.source.end(), this.destination.end()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await dispose({ scratch: this.#scratch, network: this.network }, [this.source, this.destination]);
  }

  async #createImages(dirtyTarget: boolean): Promise<void> {
    const create = dirtyTarget ? randomImage : blankImage;
    for (const { name, sizeMiB, filledMiB } of this.disks) {
      await fillImage(this.image('source', name), name, sizeMiB, filledMiB);
      await create(this.image('destination', name), sizeMiB);
    }
  }

  async #startGuest(): Promise<void> {
    const images = this.#scratch.join('images');
    const definition = this.#scratch.join('domain.xml');
    const { kernel, initrd } = await buildGuest();
    // A domain's description travels, and is recorded: it is not to tell where the checkout is.
    const boot = { kernel: this.#scratch.join('kernel'), initrd: this.#scratch.join('initrd') };
    await symlink(kernel, boot.kernel);
    await symlink(initrd, boot.initrd);
    await writeFile(definition, domainXml({ name: this.domain, images, disks: this.disks, boot }));
    await this.source.virsh('create', definition);
  }

  async #firstBeat(): Promise<void> {
    await this.source.waitBeats(1);
    const { complaints } = this.source.console;
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
  }
}

interface Layout {
  readonly scratch: Scratch;
  readonly network: TwoHosts;
  readonly disks: readonly GuestDisk[];
}

function startHost(
  { scratch, network }: Layout,
  side: Side,
  tlsFolder: string | undefined,
): Promise<LibvirtHost> {
  const images = scratch.join('images');
  const directory = scratch.join(side);
  return LibvirtHost.start({ name: side, directory, images, network: network[side], tlsFolder });
}

async function dispose(
  { scratch, network }: Pick<Layout, 'scratch' | 'network'>,
  hosts: readonly LibvirtHost[],
): Promise<void> {
  await Promise.all(hosts.map((host) => host.end()));
  await network[Symbol.asyncDispose]();
  await scratch[Symbol.asyncDispose]();
}

const SIDES: readonly Side[] = ['source', 'destination'];
