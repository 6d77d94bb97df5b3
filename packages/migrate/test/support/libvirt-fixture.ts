import { readFileSync } from 'node:fs';

/** A recorded definition of a domain. */
export function readDomainXml(name: 'shapes' | 'remote'): string {
  return readFileSync(new URL(`../fixtures/libvirt/${name}.xml`, import.meta.url), 'utf8');
}
