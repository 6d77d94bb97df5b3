import type { Connection } from '@blockferry/libvirt';
import type { DelegateHost, HostSurvey, ImagePlace, ImageSighting } from '../../delegate-ports.js';
import type { Host } from '../../domain.js';
import { ofSide, unless } from './asked.js';
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

  survey({ name, uuid }: { readonly name: string; readonly uuid: string }): Promise<HostSurvey> {
    return this.#ask(async (connection) => {
      const [capabilities, named, same] = await Promise.all([
        connection.capabilities(),
        found(connection, 'domainByName', name),
        found(connection, 'domainByUuid', uuid),
      ]);
      const sameDomain = [named, named?.uuid === same?.uuid ? undefined : same];
      return {
        hostUuid: hostUuid(capabilities),
        sameDomain: sameDomain.filter((domain) => domain !== undefined),
      };
    });
  }

  image(place: ImagePlace, expected: Image): Promise<ImageSighting> {
    return this.#ask((connection) => sightImage(connection, place, expected));
  }

  createImage(place: ImagePlace, image: Image): Promise<void> {
    return this.#ask((connection) => createImage(connection, place, image));
  }

  removeImage(place: ImagePlace): Promise<void> {
    return this.#ask((connection) => removeImage(connection, place));
  }

  close(): Promise<void> {
    return this.daemon.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #ask<T>(ask: (connection: Connection) => Promise<T>): Promise<T> {
    return ofSide('destination', async () => ask(await this.daemon.renewed()));
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
