import type { DelegateDisk } from '../../src/delegate-ports.js';

/** A disk of a libvirt domain: a raw file of a gibibyte, where nothing else is said. */
export function delegateDisk(target: string, said: Partial<DelegateDisk> = {}): DelegateDisk {
  return {
    id: target,
    target,
    disk: target,
    names: [target],
    size: 2 ** 30,
    readOnly: false,
    shareable: false,
    empty: said.place === undefined && 'place' in said,
    allocatedBytes: 0,
    place: { kind: 'file', path: `/images/${target}` },
    format: 'raw',
    transient: false,
    ...said,
  };
}
