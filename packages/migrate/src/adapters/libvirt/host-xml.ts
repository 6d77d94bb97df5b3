import { elementAt, rootOf, textOf, xmlText } from './xml.js';

/** The UUID of the host of a daemon, by its capabilities. Source: libvirt, docs/formatcaps.rst. */
export function hostUuid(capabilities: string): string | undefined {
  return textOf(elementAt(rootOf(capabilities, 'capabilities'), 'host', 'uuid'));
}

/** The kind of a storage pool: `dir`, `logical`, ... Source: libvirt, docs/formatstorage.rst. */
export function poolType(pool: string): string {
  return rootOf(pool, 'pool').getAttribute('type') ?? '';
}

/** The format that a pool has found a volume to be, where that is one of disk images. */
export function volumeFormat(volume: string): string | undefined {
  const format = elementAt(rootOf(volume, 'volume'), 'target', 'format')?.getAttribute('type') ?? undefined;
  return format !== undefined && IMAGE_FORMATS.has(format) ? format : undefined;
}

/** A volume to make: nothing is allocated of it beforehand, where its format and its folder can do that. */
export function volumeXml(
  name: string,
  { size, format }: { readonly size: number; readonly format: string },
): string {
  return `<volume>
  <name>${xmlText(name)}</name>
  <capacity unit='bytes'>${size}</capacity>
  <allocation unit='bytes'>0</allocation>
  <target>
    <format type='${xmlText(format)}'/>
  </target>
</volume>
`;
}

/** Others that a pool tells, such as `iso` and `linux`, are guesses at what is inside. */
const IMAGE_FORMATS: ReadonlySet<string> = new Set([
  'raw',
  'qcow',
  'qcow2',
  'qed',
  'vmdk',
  'vdi',
  'vpc',
  'vhdx',
  'luks',
  'ploop',
]);
