import { describe, expect, it } from 'vitest';
import { disksOfDomain } from '../../../src/adapters/libvirt/domain-xml.js';
import { readDomainXml } from '../../support/libvirt-fixture.js';

describe('the disks of a definition', () => {
  it('that libvirt gives of a domain that runs', () => {
    const plain = { readOnly: false, shareable: false, format: 'raw', transient: false };
    const file = (name: string) => ({ kind: 'file', path: `/lab/images/${name}` });
    expect(disksOfDomain(readDomainXml('shapes'))).toEqual([
      { ...plain, target: 'vda', place: file('plain.img') },
      { ...plain, target: 'vdb', place: file('overlay.qcow2'), format: 'qcow2' },
      { ...plain, target: 'vdc', place: file('shared.img'), shareable: true },
      { ...plain, target: 'vdd', place: file('fixed.img'), readOnly: true },
      { ...plain, target: 'vde', place: { kind: 'block', path: '/dev/loop0' } },
      { ...plain, target: 'vdf', place: { kind: 'volume', pool: 'images', volume: 'pooled.img' } },
      { ...plain, target: 'vdg', place: { kind: 'network', location: 'nbd:@/lab/nbd.sock' } },
      { ...plain, target: 'sda', place: undefined, readOnly: true },
      { ...plain, target: 'sdb', place: file('disc.img'), readOnly: true },
    ]);
  });

  it('of one that is defined alone', () => {
    const disks = disksOfDomain(readDomainXml('remote'));
    expect(disks.map(({ target, place, transient }) => [target, place, transient])).toEqual([
      ['vda', { kind: 'network', location: 'rbd:pool/image & more@ceph1.test:6789,ceph2.test' }, false],
      ['vdb', { kind: 'network', location: 'nbd:export@192.0.2.1:10809' }, false],
      ['vdc', { kind: 'file', path: '/nowhere/"quoted" &c.qcow2' }, true],
      ['fda', undefined, false],
    ]);
  });

  it.each([
    ["<disk><source file='/x'/><target dev='vda'/></disk>", { kind: 'file', path: '/x' }],
    ["<disk type='file'><source startupPolicy='optional'/><target dev='sda'/></disk>", undefined],
    ["<disk type='volume'><source pool='p'/><target dev='vda'/></disk>", undefined],
    ["<disk type='nvme'><source type='pci'/><target dev='vda'/></disk>", { kind: 'other', type: 'nvme' }],
  ])('that somebody wrote by hand: %s', (disk, place) => {
    const [found, ...others] = disksOfDomain(`<domain><devices>${disk}</devices></domain>`);
    expect(found).toMatchObject({ place, format: 'raw', readOnly: false });
    expect(others).toEqual([]);
  });

  it('takes a CD-ROM for read-only, said or not', () => {
    const disk = "<disk device='cdrom'><source file='/x'/><target dev='sda'/></disk>";
    expect(disksOfDomain(`<domain><devices>${disk}</devices></domain>`)).toMatchObject([{ readOnly: true }]);
  });

  it.each(['', 'no XML', '<domain>', '<domainsnapshot/>', '<domain>&nbsp;</domain>'])('refuses %o', (xml) => {
    const refusal = expect.objectContaining({ name: 'MigrationError', code: 'INVALID_ARGUMENT' });
    expect(() => disksOfDomain(xml)).toThrow(refusal);
  });
});
