import type { Connection } from '@blockferry/libvirt';
import type { DelegateHost, HostSurvey, ImagePlace, ImageSighting } from '../../delegate-ports.js';
import type { Host } from '../../domain.js';
import { unless } from './asked.js';
import { Daemon } from './daemon.js';
import { hostUuid } from './host-xml.js';
import { createImage, type Image, removeImage, sightImage } from './images.js';

/** Connects to a libvirt host. */
export async function openLibvirtHost(
  uri: string,
  options: { readonly signal?: AbortSignal },
): Promise<Host> {
  return new LibvirtHost(await Daemon.connect(uri, options));
}

export class LibvirtHost implements Host, DelegateHost {
  readonly strategy = 'delegate';
  /** @internal */
  readonly daemon: Daemon;

  constructor(daemon: Daemon) {
    this.daemon = daemon;
  }

  get uri(): string {
    return this.daemon.uri;
  }

  get port(): this {
    return this;
  }

  async survey({ name, uuid }: { readonly name: string; readonly uuid: string }): Promise<HostSurvey> {
    const connection = await this.daemon.renewed();
    const [capabilities, named, same] = await Promise.all([
      connection.capabilities(),
      found(connection, 'domainByName', name),
      found(connection, 'domainByUuid', uuid),
    ]);
    const sameDomain = [named, same].filter((domain) => domain !== undefined);
    const once = sameDomain.filter(
      (domain, index) => sameDomain.findIndex((other) => other.uuid === domain.uuid) === index,
    );
    return { hostUuid: hostUuid(capabilities), sameDomain: once };
  }

  async image(place: ImagePlace, expected: Image): Promise<ImageSighting> {
    return sightImage(await this.daemon.renewed(), place, expected);
  }

  async createImage(place: ImagePlace, image: Image): Promise<void> {
    await createImage(await this.daemon.renewed(), place, image);
  }

  async removeImage(place: ImagePlace): Promise<void> {
    await removeImage(await this.daemon.renewed(), place);
  }

  close(): Promise<void> {
    return this.daemon.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function found(
  connection: Connection,
  lookUp: 'domainByName' | 'domainByUuid',
  key: string,
): Promise<HostSurvey['sameDomain'][number] | undefined> {
  await using domain = await unless(['NO_DOMAIN'], connection[lookUp](key));
  if (domain === undefined) return undefined;
  return { name: domain.name, uuid: domain.uuid, state: (await domain.state()).state };
}
