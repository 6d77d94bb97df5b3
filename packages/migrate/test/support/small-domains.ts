import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blankImage, type LibvirtPair, randomImage, sha256 } from '@blockferry/lab';

/** Domains without a guest on the source of a pair, and states of its own domain, in which libvirt migrates none. */
export class SmallDomains {
  /** A disk that is written, one that is read-only, an empty drive. */
  static readonly PARTS: readonly SmallDisk[] = [
    { target: 'vda' },
    { target: 'vdr', more: '<readonly/>' },
    { target: 'sdb', empty: true },
  ];
  static readonly TRANSIENT: readonly SmallDisk[] = [{ target: 'vda', more: '<transient/>' }];
  /** Two disks that are written, one that may be shared. */
  static readonly SHARING: readonly SmallDisk[] = [
    { target: 'vda' },
    { target: 'vdb' },
    { target: 'vdc', more: '<shareable/>' },
  ];

  readonly #pair: LibvirtPair;

  constructor(pair: LibvirtPair) {
    this.#pair = pair;
  }

  /** Starts a domain, its images full of random bytes and blank on the destination. It ends with the pair. */
  async start(name: string, disks: readonly SmallDisk[]): Promise<void> {
    const { source, destination, directory } = this.#pair;
    for (const { target, empty } of disks) {
      if (empty) continue;
      await randomImage(source.image(`${name}-${target}.raw`), 1);
      await blankImage(destination.image(`${name}-${target}.raw`), 1);
    }
    const file = join(directory, `${name}.xml`);
    await writeFile(file, this.#definition(name, disks));
    await source.virsh('create', file);
  }

  /** The disks of a domain that are the same on both hosts. */
  async copied(name: string, disks: readonly SmallDisk[]): Promise<string[]> {
    const { source, destination } = this.#pair;
    const copied: string[] = [];
    for (const { target } of disks) {
      const [here, there] = [source, destination].map((side) => sha256(side.image(`${name}-${target}.raw`)));
      if ((await here) === (await there)) copied.push(target);
    }
    return copied;
  }

  /** Gives the name of a domain to another one on the destination, which then takes none of it. */
  async takeName(name: string): Promise<void> {
    const file = join(this.#pair.directory, 'taken.xml');
    await writeFile(file, this.#definition(name, []));
    await this.#pair.destination.virsh('define', file);
  }

  async giveName(name: string): Promise<void> {
    await this.#pair.destination.virsh('undefine', name);
  }

  /** libvirt remembers a snapshot of the domain; nobody has taken one. */
  async rememberSnapshot(domain: string): Promise<void> {
    const { source, directory } = this.#pair;
    const { stdout } = await source.virsh('dumpxml', domain);
    const file = join(directory, 'snapshot.xml');
    const state = '<creationTime>1</creationTime><state>disk-snapshot</state><memory snapshot="no"/>';
    const disk = `<disk name='vda' snapshot='external'><source file='${source.images}/none'/></disk>`;
    const snapshot = `<name>once</name>${state}<disks>${disk}</disks>${stdout}`;
    await writeFile(file, `<domainsnapshot>${snapshot}</domainsnapshot>`);
    await source.virsh('snapshot-create', domain, file, '--redefine');
  }

  async forgetSnapshot(domain: string): Promise<void> {
    await this.#pair.source.virsh('snapshot-delete', domain, 'once', '--metadata');
  }

  /** Begins a copy of a disk, which goes on until it is ended. */
  async beginBlockJob(domain: string, disk: string): Promise<void> {
    const { source } = this.#pair;
    const target = ['--dest', `${source.images}/copy.raw`, '--format', 'raw'];
    await source.virsh('blockcopy', domain, disk, ...target, '--transient-job');
  }

  async endBlockJob(domain: string, disk: string): Promise<void> {
    await this.#pair.source.virsh('blockjob', domain, disk, '--abort');
  }

  #definition(name: string, disks: readonly SmallDisk[]): string {
    const xml = disks.map(({ target, empty, more = '' }) => {
      if (empty) return `<disk type='file' device='cdrom'><target dev='${target}' bus='sata'/></disk>`;
      const source = `<source file='${this.#pair.source.images}/${name}-${target}.raw'/>`;
      const driver = "<driver name='qemu' type='raw' cache='none'/>";
      return `<disk type='file'>${driver}${source}<target dev='${target}' bus='virtio'/>${more}</disk>`;
    });
    return `<domain type='qemu'>
      <name>${name}</name>
      <memory unit='MiB'>16</memory>
      <os><type arch='x86_64' machine='q35'>hvm</type></os>
      <devices>${xml.join('')}<controller type='usb' model='none'/><memballoon model='none'/></devices>
    </domain>`;
  }
}

export interface SmallDisk {
  readonly target: string;
  readonly empty?: boolean;
  /** Of its definition. */
  readonly more?: string;
}
