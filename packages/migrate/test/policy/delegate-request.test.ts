import { TypedParams } from '@blockferry/typed-params';
import { describe, expect, it } from 'vitest';
import type { DelegateDisk } from '../../src/delegate-ports.js';
import { delegateRequest, mebibytesEach, type RequestOptions } from '../../src/policy/delegate-request.js';
import { select } from '../../src/policy/selection.js';
import { delegateDisk } from '../support/delegate-disks.js';

const vda = delegateDisk('vda');
const vdb = delegateDisk('vdb', { place: { kind: 'block', path: '/dev/vg/vdb' } });
const shared = delegateDisk('vdc', { shareable: true });
const cdrom = delegateDisk('sda', { readOnly: true });
const empty = delegateDisk('sdb', { readOnly: true, place: undefined });
const all = [vda, vdb, shared, cdrom, empty];

function request(said: Partial<RequestOptions>, disks: readonly DelegateDisk[] = all) {
  const options: RequestOptions = {
    disks: 'default',
    assumeShared: [],
    unsafe: false,
    params: new TypedParams(),
    flags: [],
    p2p: false,
    bandwidth: undefined,
    ...said,
  };
  const { decisions } = select(disks, { ...options, allowShared: true });
  const { params, flags, problems, warnings } = delegateRequest(decisions, options);
  return {
    disks: params.getAll('migrate_disks'),
    flags,
    params: [...params],
    problems,
    warnings,
  };
}

describe('a selection in the words of libvirt', () => {
  it('by default is its own', () => {
    expect(request({})).toMatchObject({ disks: [], flags: ['LIVE', 'NON_SHARED_DISK'] });
  });

  it('a list is sent, in definition order, also where libvirt would choose the same', () => {
    expect(request({ disks: ['vdb'] })).toMatchObject({ disks: ['vdb'] });
    expect(request({ disks: ['vdb', 'vda', 'vdb'] })).toMatchObject({ disks: ['vda', 'vdb'] });
    expect(request({ disks: ['vdc'] })).toMatchObject({ disks: ['vdc'] });
  });

  it('a default that leaves out what is assumed shared is sent as a list', () => {
    expect(request({ assumeShared: ['vdb'] })).toMatchObject({
      disks: ['vda'],
      flags: ['LIVE', 'NON_SHARED_DISK'],
    });
    // libvirt leaves it out as well.
    expect(request({ assumeShared: ['vdc'] })).toMatchObject({ disks: [] });
  });

  it.each([
    [{ disks: 'none' } as const, all],
    [{ assumeShared: ['vda', 'vdb'] }, all],
    [{}, [shared, cdrom, empty]],
    [{}, []],
  ])('%o that copies nothing sends no storage flag', (said, disks) => {
    const flags = [
      'NON_SHARED_DISK',
      'NON_SHARED_INC',
      'NON_SHARED_SYNCHRONOUS_WRITES',
      'PERSIST_DEST',
    ] as const;
    const found = request({ ...said, flags }, disks);
    expect(found.disks).toEqual([]);
    expect(found.flags.filter((flag) => flag !== 'UNSAFE')).toEqual(['LIVE', 'PERSIST_DEST']);
    expect(found.warnings).toHaveLength(3);
    expect(found.problems).toEqual([]);
  });

  it('keeps the storage flag that is given', () => {
    expect(request({ flags: ['NON_SHARED_INC'] }).flags).toEqual(['LIVE', 'NON_SHARED_INC']);
  });
});

describe('UNSAFE', () => {
  it.each<[string, Partial<RequestOptions>, boolean]>([
    ['a file that stays and is assumed shared', { disks: ['vdb'], assumeShared: ['vda'] }, true],
    ['a file that stays, the risk taken', { disks: ['vdb'], unsafe: true }, true],
    ['a shareable file that is vouched for', { assumeShared: ['vdc'] }, true],
    ['a file that nobody vouches for', { disks: ['vdb'] }, false],
    ['a shareable file that nobody vouches for', {}, false],
    ['a block device: libvirt takes it for shared', { disks: ['vda'], assumeShared: ['vdb'] }, false],
    ['nothing that stays', { disks: ['vda', 'vdb', 'vdc'], unsafe: true }, false],
    ['whoever gives the flag', { flags: ['UNSAFE'] }, true],
  ])('%s', (_, said, sent) => {
    expect(request(said).flags.includes('UNSAFE')).toBe(sent);
  });
});

describe('parameters', () => {
  it('go as they are, before ours', () => {
    const params = new TypedParams().addString('graphics_uri', 'spice://h').addULLong('bandwidth', 7n);
    expect(request({ params, disks: ['vda'] }).params).toEqual([
      { name: 'graphics_uri', type: 'string', value: 'spice://h' },
      { name: 'bandwidth', type: 'ullong', value: 7n },
      { name: 'migrate_disks', type: 'string', value: 'vda' },
    ]);
    expect(params.size).toBe(2);
  });

  it('the bandwidth is shared by the disks, in whole MiB/s', () => {
    const bandwidth = (bytes: number, disks: RequestOptions['disks']) =>
      request({ bandwidth: bytes, disks }).params.find(({ name }) => name === 'bandwidth')?.value;
    expect(bandwidth(100 * 2 ** 20, ['vda'])).toBe(100n);
    expect(bandwidth(100 * 2 ** 20, ['vda', 'vdb'])).toBe(50n);
    expect(bandwidth(100 * 2 ** 20, 'none')).toBe(100n);
    expect(bandwidth(1, ['vda', 'vdb'])).toBe(1n);
    expect(mebibytesEach(2 ** 21 - 1, 1)).toBe(1n);
  });

  it('what libvirt refuses is a problem, in its words', () => {
    const found = request({
      params: new TypedParams().addString('disks_uri', 'ftp://x'),
      flags: ['ZEROCOPY'],
    });
    expect(found.problems).toEqual([
      {
        code: 'OPERATION_INVALID',
        message: 'Requested operation is not valid: zero-copy is only available for parallel migration',
      },
      { code: 'INVALID_ARG', message: 'invalid argument: Unsupported scheme in disks URI: ftp' },
    ]);
  });

  it('61 fit, 62 do not', () => {
    const disks = Array.from({ length: 62 }, (_, index) => delegateDisk(`vd${index}`));
    const names = disks.map(({ target }) => target);
    expect(request({ disks: names.slice(1), unsafe: true }, disks).problems).toEqual([]);
    expect(request({ disks: names }, disks).problems).toMatchObject([
      { code: 'INVALID_ARG', message: expect.stringMatching(/^62 parameters .* 61 /) },
    ]);
    // All of them need no list.
    expect(request({}, disks)).toMatchObject({ disks: [], problems: [] });
  });
});

it('from peer to peer needs the flag', () => {
  expect(request({ p2p: true, disks: 'none' }).flags).toEqual(['LIVE', 'PEER2PEER']);
});
