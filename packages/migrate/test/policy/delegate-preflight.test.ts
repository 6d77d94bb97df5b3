import { TypedParams } from '@blockferry/typed-params';
import { expect, it } from 'vitest';
import type { HostSurvey, SourceSurvey } from '../../src/delegate-ports.js';
import { delegateProblems } from '../../src/policy/delegate-preflight.js';
import { delegateDisk } from '../support/delegate-disks.js';

const source: SourceSurvey = {
  hostUuid: 'host-a',
  name: 'vm1',
  uuid: 'uuid-1',
  state: 'running',
  job: undefined,
  blockJobs: [],
};
const host: HostSurvey = { hostUuid: 'host-b', sameDomain: [] };
const request = { params: new TypedParams(), flags: ['LIVE'] } as const;

function problems(
  here: Partial<SourceSurvey>,
  there: Partial<HostSurvey> = {},
  said: Partial<Parameters<typeof delegateProblems>[3]> = {},
  disks = [delegateDisk('vda')],
) {
  const found = delegateProblems({ ...source, ...here }, { ...host, ...there }, disks, {
    ...request,
    ...said,
  });
  return found.map(({ code, disk, message }) => [code, disk, message] as const);
}

it('a domain that runs or is paused can go', () => {
  expect(problems({})).toEqual([]);
  expect(problems({ state: 'paused' })).toEqual([]);
});

it.each([
  [{ state: 'shutoff' }, 'SOURCE_NOT_READY', /shutoff/],
  [{ job: 'migration-out' }, 'SOURCE_MIGRATING', /already/],
  [{ job: 'backup' }, 'SOURCE_NOT_READY', /backup/],
  [{ blockJobs: ['vdb'] }, 'BLOCK_JOB_ACTIVE', /vdb/],
] as const)('%o stands against it', (here, code, message) => {
  expect(problems(here)).toEqual([
    [code, 'blockJobs' in here ? 'vdb' : undefined, expect.stringMatching(message)],
  ]);
});

it('offline it need not run', () => {
  expect(problems({ state: 'shutoff' }, {}, { flags: ['OFFLINE', 'PERSIST_DEST'] })).toEqual([]);
});

it('libvirt moves no transient disk, wherever it goes', () => {
  const disks = [delegateDisk('vda', { transient: true }), delegateDisk('vdb')];
  expect(problems({}, {}, {}, disks)).toEqual([
    ['SOURCE_NOT_READY', 'vda', expect.stringContaining('transient')],
  ]);
});

it('the destination is another host', () => {
  expect(problems({}, { hostUuid: 'host-a' })).toEqual([
    ['INVALID_ARGUMENT', undefined, expect.stringContaining('host-a')],
  ]);
  expect(problems({ hostUuid: undefined }, { hostUuid: undefined })).toEqual([]);
});

it.each([
  [{ name: 'vm1', uuid: 'uuid-1', state: 'running' }, undefined, /this domain already .*running/],
  [{ name: 'vm1', uuid: 'uuid-2', state: 'shutoff' }, undefined, /another domain of this name/],
  [{ name: 'old', uuid: 'uuid-1', state: 'shutoff' }, undefined, /this domain already \(old/],
  [{ name: 'vm1', uuid: 'uuid-1', state: 'shutoff' }, 'new', /this domain already \(vm1/],
  // Its definition from an earlier stay there: libvirt takes it up.
  [{ name: 'vm1', uuid: 'uuid-1', state: 'shutoff' }, undefined, undefined],
] as const)('of %o there, under the name %s: %s', (there, name, message) => {
  const params = new TypedParams();
  if (name !== undefined) params.addString('destination_name', name);
  expect(problems({}, { sameDomain: [there] }, { params })).toEqual(
    message === undefined ? [] : [['DESTINATION_HAS_DOMAIN', undefined, expect.stringMatching(message)]],
  );
});

it('everything is told at once', () => {
  const there = { name: 'vm1', uuid: 'uuid-2', state: 'running' };
  const found = problems({ state: 'shutoff', job: 'save', blockJobs: ['vda'] }, { sameDomain: [there] });
  expect(found).toHaveLength(4);
});
