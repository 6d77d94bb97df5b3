import { describe, expect, it } from 'vitest';
import type { Domain, Host } from '../src/domain.js';
import { matchEnds, strategyBetween } from '../src/ends.js';
import { namesLibvirt } from '../src/libvirt-uri.js';
import { plan } from '../src/plan.js';

const libvirt = { port: { strategy: 'delegate' } } as Domain & Host;
const other = { port: { strategy: 'engine' } } as Domain & Host;
const mixed = expect.objectContaining({ name: 'MigrationError', code: 'INVALID_ARGUMENT' });

it.each([
  ['qemu:///system', true],
  ['qemu+unix:///system?socket=/run/sock', true],
  ['qemu+ssh://root@b.example/system', true],
  ['qemu+tls://b.example/system', true],
  ['test:///default', true],
  ['xen:///system', true],
  ['qmp+unix:///run/sock', false],
  ['qmp+tcp://b.example:4444', false],
  ['nbd://b.example', false],
  ['/run/sock', false],
  ['', false],
])('%s is a URI of libvirt: %s', (uri, isLibvirts) => {
  expect(namesLibvirt(uri)).toBe(isLibvirts);
});

describe('two ends', () => {
  it('decide who does the work', () => {
    expect(strategyBetween('qemu:///system', 'qemu+ssh://b/system')).toBe('delegate');
    expect(strategyBetween(libvirt, 'qemu+ssh://b/system')).toBe('delegate');
    expect(strategyBetween('qmp+unix:///a', 'qmp+unix:///b')).toBe('engine');
    expect(strategyBetween(other, other)).toBe('engine');
    expect(matchEnds(libvirt, libvirt).strategy).toBe('delegate');
    expect(matchEnds(other, other).strategy).toBe('engine');
  });

  it('of different kinds are refused, before one is opened where it is a URI', async () => {
    for (const [from, to] of [
      ['qemu:///system', 'qmp+unix:///b'],
      ['qmp+unix:///a', 'qemu:///system'],
      [libvirt, 'qmp+unix:///b'],
      ['qmp+unix:///a', libvirt],
    ] as const) {
      expect(() => strategyBetween(from, to)).toThrow(mixed);
      await expect(plan({ from, to })).rejects.toThrow(mixed);
    }
    expect(() => matchEnds(libvirt, other)).toThrow(mixed);
    expect(() => matchEnds(other, libvirt)).toThrow(mixed);
  });
});
