import type { Element } from 'slimdom';
import type { DiskDefinition, ImagePlace } from '../../delegate-ports.js';
import { elementAt, elementsAt, rootOf } from './xml.js';

/**
 * The disks of a domain's definition, in its order.
 *
 * @throws {MigrationError} `INVALID_ARGUMENT` for what is no definition of a domain.
 *
 * Source: libvirt, docs/formatdomain.rst, "Hard drives, floppy disks, CDROMs".
 */
export function disksOfDomain(xml: string): DiskDefinition[] {
  return elementsAt(rootOf(xml, 'domain'), 'devices', 'disk').map((disk) => ({
    target: elementAt(disk, 'target')?.getAttribute('dev') ?? '',
    // libvirt says so of a CD-ROM in a domain that runs; in a definition by hand it may be left out.
    readOnly: elementAt(disk, 'readonly') !== undefined || disk.getAttribute('device') === 'cdrom',
    shareable: elementAt(disk, 'shareable') !== undefined,
    place: placeOf(disk.getAttribute('type') ?? 'file', elementAt(disk, 'source')),
    format: elementAt(disk, 'driver')?.getAttribute('type') ?? 'raw',
    transient: elementAt(disk, 'transient') !== undefined,
  }));
}

/** Without a source, or with one that says nothing of where (`startupPolicy` alone), a drive is empty. */
function placeOf(type: string, source: Element | undefined): ImagePlace | undefined {
  const said = (name: string): string | undefined => source?.getAttribute(name) ?? undefined;
  switch (type) {
    case 'file':
      return pathPlace('file', said('file'));
    case 'block':
      return pathPlace('block', said('dev'));
    case 'volume': {
      const [pool, volume] = [said('pool'), said('volume')];
      return pool === undefined || volume === undefined ? undefined : { kind: 'volume', pool, volume };
    }
    case 'network':
      return source === undefined ? undefined : { kind: 'network', location: locationOf(source) };
    default:
      return source === undefined ? undefined : { kind: 'other', type };
  }
}

function pathPlace(kind: 'file' | 'block', path: string | undefined): ImagePlace | undefined {
  return path === undefined ? undefined : { kind, path };
}

/** `rbd:pool/image@host:6789`: enough to tell one image from another. */
function locationOf(source: Element): string {
  const hosts = elementsAt(source, 'host').map((host) => {
    const [name, port, socket] = ['name', 'port', 'socket'].map((key) => host.getAttribute(key));
    return socket ?? (port === null ? name : `${name}:${port}`);
  });
  const [protocol, name] = ['protocol', 'name'].map((key) => source.getAttribute(key) ?? '');
  return `${protocol}:${name}${hosts.length > 0 ? `@${hosts.join(',')}` : ''}`;
}
