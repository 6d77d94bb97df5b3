import type { MigrateOptions } from '@blockferry/migrate';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import {
  type MigrationCommandOptions,
  toMigrateOptions,
  withMigrationOptions,
} from '../../src/options/migration-options.js';

const FROM_TO = ['--from', 'qmp+unix:///a', '--to', 'qmp+tcp://b:4444'];

function read(...args: string[]): MigrateOptions {
  const command = withMigrationOptions(new Command()).exitOverride();
  command.parse([...FROM_TO, ...args], { from: 'user' });
  return toMigrateOptions(command.opts<MigrationCommandOptions>());
}

describe('toMigrateOptions', () => {
  it('leaves to the SDK what was not given', () => {
    expect(read()).toEqual({
      from: 'qmp+unix:///a',
      to: 'qmp+tcp://b:4444',
      allowShared: false,
      allowLarger: false,
      unsafe: false,
      verify: false,
    });
  });

  it('unites lists of disks in the order given', () => {
    expect(read('--migrate-disks', 'vdb,vda', '--migrate-disks=vdc').disks).toEqual(['vdb', 'vda', 'vdc']);
    expect(read('--no-disks').disks).toBe('none');
    expect(read('--assume-shared', 'a', '--assume-shared', 'b,c').assumeShared).toEqual(['a', 'b', 'c']);
  });

  it('has units', () => {
    expect(read('--bandwidth', '1.6Gbit/s', '--max-downtime', '150', '--timeout', '90')).toMatchObject({
      bandwidth: 2e8,
      maxDowntimeMs: 150,
      timeoutMs: 90_000,
    });
    expect(read('--bandwidth', '0')).not.toHaveProperty('bandwidth');
  });

  it('maps disks, also one of an odd name', () => {
    const { diskMap } = read('--disk-map', 'vda=sda', '--disk-map', '__proto__=sdb');
    expect(Object.entries(diskMap ?? {})).toEqual([
      ['vda', 'sda'],
      ['__proto__', 'sdb'],
    ]);
  });

  it('keeps every value of a typed parameter, and gives each its type', () => {
    const { params } = read(
      ...['--param', 'migrate_disks=vda', '--param', 'bandwidth=100', '--param', 'migrate_disks=a,b'],
    );
    expect([...(params as Iterable<unknown>)]).toEqual([
      { name: 'migrate_disks', type: 'string', value: 'vda' },
      { name: 'bandwidth', type: 'ullong', value: 100n },
      { name: 'migrate_disks', type: 'string', value: 'a,b' },
    ]);
  });

  it('lets the plan refuse parameters and flags that nobody knows', () => {
    const { params, flags } = read('--param', 'nonsense=1', '--flag', 'nonsense');
    expect([...(params as Iterable<unknown>)]).toEqual([{ name: 'nonsense', type: 'string', value: '1' }]);
    expect(flags).toEqual(['NONSENSE']);
  });

  it('knows flags in any spelling', () => {
    const { flags } = read(
      '--flag',
      'live',
      '--flag',
      'VIR_MIGRATE_NON_SHARED_DISK',
      '--flag',
      'auto-converge',
    );
    expect(flags).toEqual(['LIVE', 'NON_SHARED_DISK', 'AUTO_CONVERGE']);
  });

  it('knows what only libvirt can do', () => {
    const given = read('--domain', 'vm', '--strategy', 'delegate', '--p2p', '--create-images');
    expect(given).toMatchObject({ domain: 'vm', strategy: 'delegate', p2p: true, createImages: true });
  });

  it('passes addresses and consents on', () => {
    const given = read(
      ...['--source-nbd', 'nbd://a:1', '--destination-nbd', 'nbd://b:2', '--state-uri', 'tcp://b:3'],
      ...['--port-range', '5000-5010', '--allow-shared', '--allow-larger', '--unsafe', '--verify'],
      ...['--strategy', 'engine'],
    );
    expect(given).toMatchObject({
      sourceNbd: 'nbd://a:1',
      destinationNbd: 'nbd://b:2',
      stateUri: 'tcp://b:3',
      portRange: [5000, 5010],
      allowShared: true,
      allowLarger: true,
      unsafe: true,
      verify: true,
      strategy: 'engine',
    });
  });
});
