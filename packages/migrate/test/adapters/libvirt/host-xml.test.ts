import { describe, expect, it } from 'vitest';
import { disksOfDomain } from '../../../src/adapters/libvirt/domain-xml.js';
import { hostUuid, poolType, volumeFormat, volumeXml } from '../../../src/adapters/libvirt/host-xml.js';

describe('what a host says of itself', () => {
  it('its UUID, where it has one', () => {
    const uuid = 'b38fc74a-024e-414b-ba70-af8e64f2dc8c';
    expect(hostUuid(`<capabilities><host><uuid> ${uuid}\n</uuid><cpu/></host><guest/></capabilities>`)).toBe(
      uuid,
    );
    expect(hostUuid('<capabilities><host/></capabilities>')).toBeUndefined();
  });

  it('the kind of a pool', () => {
    expect(poolType("<pool type='dir'><name>p</name></pool>")).toBe('dir');
  });

  it.each([
    ['qcow2', 'qcow2'],
    ['raw', 'raw'],
    // Guesses at the contents of a raw image.
    ['iso', undefined],
    ['none', undefined],
  ])('a volume of the format %s', (format, known) => {
    expect(volumeFormat(`<volume><target><path>/x</path><format type='${format}'/></target></volume>`)).toBe(
      known,
    );
  });
});

describe('a volume to make', () => {
  it('has nothing allocated', () => {
    expect(volumeXml('vda.qcow2', { size: 2 ** 30, format: 'qcow2' })).toMatchInlineSnapshot(`
      "<volume>
        <name>vda.qcow2</name>
        <capacity unit='bytes'>1073741824</capacity>
        <allocation unit='bytes'>0</allocation>
        <target>
          <format type='qcow2'/>
        </target>
      </volume>
      "
    `);
  });

  it('may have any name', () => {
    const xml = volumeXml(`a<b>&'"c`, { size: 1, format: 'raw' });
    const name = /<name>(.*)<\/name>/.exec(xml)?.[1];
    const disk = `<disk><source file='${name}'/><target dev='vda'/></disk>`;
    expect(disksOfDomain(`<domain><devices>${disk}</devices></domain>`)[0]?.place).toEqual({
      kind: 'file',
      path: `a<b>&'"c`,
    });
  });
});
