import { mkdir } from 'node:fs/promises';
import { flushedGeneration } from './beats.js';
import type { DiskKind, DiskShape } from './disk-arguments.js';
import { buildGuest, type GuestFiles } from './guest.js';
import { DEFAULT_DISKS, type GuestDisk, shareRate, workloadOf } from './guest-disks.js';
import type { ImageFormat, ImageLayout } from './image-format.js';
import { blankImage, fillImage, formatOf, randomImage, type Verification, verifyImage } from './images.js';
import type { TwoHosts } from './namespaces.js';
import { LabVm } from './qemu.js';
import { machineOf, type QemuRelease } from './qemu-binary.js';
import { Scratch } from './scratch.js';

export type Side = 'source' | 'destination';

/** Named as the guest calls it. */
export interface PairDisk extends DiskShape, GuestDisk {
  /** @default kind */
  readonly destinationKind?: DiskKind;
}

export interface PairOptions {
  /** @default vda and vdb of 256 MiB, which the guest writes, and vdc of 128 MiB, which it does not */
  readonly disks?: readonly PairDisk[];
  /** What the guest writes in all, in MiB a second, evenly to the disks that it writes at all. */
  readonly rateMiB?: number;
  /** @default 'raw' */
  readonly sourceFormat?: ImageLayout;
  /** @default 'raw' */
  readonly destinationFormat?: ImageFormat;
  /** The destination's images are full of random bytes, instead of blank. */
  readonly dirtyTarget?: boolean;
  /** In which folder the images' own lies: on its file system. @default the temporary folder */
  readonly parent?: string;
  /** The destination was started with `-S`. @default true */
  readonly destinationPaused?: boolean;
  /** @default 'installed' */
  readonly sourceRelease?: QemuRelease;
  /** @default 'installed' */
  readonly destinationRelease?: QemuRelease;
  /** What both monitors listen on. @default 'unix' */
  readonly monitors?: 'unix' | 'tcp';
  /** Each QEMU runs on a host of its own. */
  readonly hosts?: TwoHosts;
  readonly sourceArguments?: readonly string[];
  readonly destinationArguments?: readonly string[];
}

/** A guest that runs and writes on `source`, and a `destination` that waits for it. */
export class QemuPair implements AsyncDisposable {
  readonly source: LabVm;
  readonly destination: LabVm;
  readonly disks: readonly PairDisk[];
  readonly #layout: Layout;

  private constructor(layout: Layout, source: LabVm, destination: LabVm) {
    this.#layout = layout;
    this.disks = layout.disks;
    this.source = source;
    this.destination = destination;
  }

  /** Resolves after the guest's first beat. Nothing is left if it rejects. */
  static async start(options: PairOptions = {}): Promise<QemuPair> {
    const layout = await prepare(options);
    const started: LabVm[] = [];
    try {
      for (const side of ['source', 'destination'] as const) {
        started.push(await LabVm.start(vmOptions(layout, side)));
      }
      const [source, destination] = started as [LabVm, LabVm];
      await source.waitBeats(1);
      if (source.console.complaints.length > 0) throw new Error(source.console.complaints.join('\n'));
      return new QemuPair(layout, source, destination);
    } catch (error) {
      await Promise.all(started.map((vm) => vm.end()));
      await layout.scratch[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Private to the pair; removed with it. Socket paths below it are short enough. */
  get directory(): string {
    return this.#layout.scratch.path;
  }

  image(side: Side, disk: string): string {
    return imagePath(this.#layout, side, disk);
  }

  /**
   * Judges a disk, which has to hold all that the guest has said to be flushed, on the source and, when
   * `side` is the destination, there too. Only after `end()`.
   */
  verify(side: Side, disk: string): Promise<Verification> {
    if (this.source.running || this.destination.running) throw new Error('end() the pair, then verify');
    const beats = [...this.source.beats, ...(side === 'destination' ? this.destination.beats : [])];
    return verifyImage(this.image(side, disk), flushedGeneration(beats, disk), this.#layout.formats[side]);
  }

  /** Another destination, on new blank images, with whatever the first one went through left behind. */
  async startSpare(): Promise<LabVm> {
    const { disks, formats } = this.#layout;
    await mkdir(this.#layout.scratch.join('spare'));
    for (const disk of disks) {
      await blankImage(imagePath(this.#layout, 'spare', disk.name), disk.sizeMiB, formats.spare);
    }
    return LabVm.start(vmOptions(this.#layout, 'spare'));
  }

  /** Ends both QEMUs; the images stay until the pair is disposed. Idempotent. */
  async end(): Promise<void> {
    await Promise.all([this.source.end(), this.destination.end()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    await this.#layout.scratch[Symbol.asyncDispose]();
  }
}

type Place = Side | 'spare';

interface Layout {
  readonly scratch: Scratch;
  readonly guest: GuestFiles;
  readonly disks: readonly PairDisk[];
  readonly formats: Readonly<Record<Place, ImageFormat>>;
  readonly options: PairOptions;
}

async function prepare(options: PairOptions): Promise<Layout> {
  const guest = await buildGuest();
  const { sourceFormat = 'raw', destinationFormat = 'raw' } = options;
  const formats = {
    source: formatOf(sourceFormat),
    destination: destinationFormat,
    spare: destinationFormat,
  };
  const disks = shareRate<PairDisk>(options.disks ?? DEFAULT_DISKS, options.rateMiB);
  const layout = { scratch: new Scratch(options.parent), guest, disks, formats, options };
  try {
    for (const side of ['source', 'destination']) await mkdir(layout.scratch.join(side));
    const create = options.dirtyTarget ? randomImage : blankImage;
    for (const { name, sizeMiB, filledMiB } of disks) {
      await fillImage(imagePath(layout, 'source', name), name, sizeMiB, filledMiB, sourceFormat);
      await create(imagePath(layout, 'destination', name), sizeMiB, destinationFormat);
    }
    return layout;
  } catch (error) {
    await layout.scratch[Symbol.asyncDispose]();
    throw error;
  }
}

function imagePath(layout: Layout, place: Place, disk: string): string {
  return layout.scratch.join(place, `${disk}.${layout.formats[place]}`);
}

function vmOptions(layout: Layout, place: Place): Parameters<typeof LabVm.start>[0] {
  const { options, disks, guest, scratch } = layout;
  const format = layout.formats[place];
  const { sourceRelease = 'installed', destinationRelease = 'installed', monitors = 'unix' } = options;
  return {
    name: place,
    directory: scratch.join(place),
    release: place === 'source' ? sourceRelease : destinationRelease,
    machine: machineOf(sourceRelease, destinationRelease),
    monitor: monitors,
    disks: disks.map(({ kind = 'virtio-blk', destinationKind = kind, ...disk }) => ({
      ...disk,
      kind: place === 'source' ? kind : destinationKind,
      path: imagePath(layout, place, disk.name),
      format,
    })),
    guest,
    workload: workloadOf(disks),
    incoming: place !== 'source',
    paused: place !== 'source' && (options.destinationPaused ?? true),
    prefix: options.hosts?.[place === 'source' ? place : 'destination'].prefix ?? [],
    extraArguments: (place === 'source' ? options.sourceArguments : options.destinationArguments) ?? [],
  };
}
