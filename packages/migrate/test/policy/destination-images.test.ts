import { describe, expect, it } from 'vitest';
import type { DelegateDisk, ImagePlace, ImageSighting } from '../../src/delegate-ports.js';
import { type ImageRequest, imageProblems } from '../../src/policy/destination-images.js';
import { delegateDisk } from '../support/delegate-disks.js';

const GIB = 2 ** 30;
const present = { state: 'present', size: GIB, format: 'raw' } as const;
const missing = {
  state: 'missing',
  creatable: true,
  reason: 'its storage pool images does not have it',
} as const;
const unknown = { state: 'unknown', folder: '/images' } as const;
const block: ImagePlace = { kind: 'block', path: '/dev/vg/vda' };
const network: ImagePlace = { kind: 'network', location: 'rbd:pool/vda' };

function judge(
  sighting: ImageSighting,
  said: Partial<ImageRequest> & { source?: Partial<DelegateDisk>; place?: ImagePlace; format?: string } = {},
) {
  const disk = delegateDisk('vda', said.source);
  const place = said.place ?? disk.place ?? block;
  const image = { disk: 'vda', source: disk, place, format: said.format ?? disk.format, sighting };
  const request = { allowShared: false, allowLarger: false, createImages: false, topOnly: false, ...said };
  const { problems, warnings } = imageProblems([image], request);
  return [...problems.map(({ code, message }) => `${code} ${message}`), ...warnings];
}

it('one of the same size and format is right', () => {
  expect(judge(present)).toEqual([]);
  expect(judge({ ...present, format: undefined })).toEqual([]);
  expect(judge({ ...present, format: 'qcow2' }, { source: { format: 'qcow2' } })).toEqual([]);
});

describe('another size', () => {
  it.each([GIB - 512, GIB + 512])('%i is refused, with both', (size) => {
    expect(judge({ ...present, size })).toEqual([
      expect.stringMatching(new RegExp(`^DESTINATION_SIZE .*${GIB} bytes.*/images/vda has ${size}`)),
    ]);
    expect(judge({ ...present, size }, { allowLarger: true })).toHaveLength(1);
  });

  it('a larger block device can be allowed', () => {
    const larger = { ...present, size: GIB + 512 };
    expect(judge(larger, { place: block })).toEqual([expect.stringContaining('--allow-larger')]);
    expect(judge(larger, { place: block, allowLarger: true })).toEqual([]);
    expect(judge({ ...present, size: GIB - 512 }, { place: block, allowLarger: true })).toHaveLength(1);
  });

  it('of a disk whose own is not known says nothing', () => {
    expect(judge({ ...present, size: 1 }, { source: { size: 0 } })).toEqual([]);
  });
});

it('another format is refused', () => {
  expect(judge({ ...present, format: 'qcow2', size: 5 })).toEqual([
    expect.stringMatching(/^DESTINATION_FORMAT vda is to be raw .* is qcow2 there/),
  ]);
  // The definition for the destination decides.
  expect(judge({ ...present, format: 'qcow2' }, { format: 'qcow2' })).toEqual([]);
});

describe('a missing one', () => {
  it('is refused, and how to have it made', () => {
    expect(judge(missing)).toEqual([
      expect.stringMatching(/^DESTINATION_MISSING .*\/images\/vda.*does not have it\. .*--create-images/),
    ]);
    expect(judge({ ...missing, creatable: false })).toEqual([expect.not.stringContaining('--create-images')]);
  });

  it('is made when asked for, where it can be', () => {
    const createImages = true;
    expect(judge(missing, { createImages })).toEqual([]);
    expect(judge({ ...missing, creatable: false }, { createImages })).toEqual([
      expect.stringMatching(/^DESTINATION_MISSING .*cannot be made/),
    ]);
    expect(judge(missing, { createImages, topOnly: true })).toEqual([
      expect.stringMatching(/^DESTINATION_MISSING .*backing chain/),
    ]);
  });
});

describe('one that no pool shows', () => {
  it('is a warning', () => {
    expect(judge(unknown)).toEqual([expect.stringMatching(/^Whether .*\/images\/vda.* is not known/)]);
  });

  it('cannot be made: which pool to define is told', () => {
    expect(judge(unknown, { createImages: true })).toEqual([
      expect.stringMatching(/^DESTINATION_MISSING .*pool-create-as NAME dir --target '\/images'\.$/),
    ]);
  });
});

describe('what both hosts reach over the network', () => {
  const source = { place: network, onNetwork: true };
  it('would be copied onto itself', () => {
    expect(judge({ state: 'unknown', folder: undefined }, { source, place: network })).toEqual([
      expect.stringMatching(/^DISK_SHARED .*rbd:pool\/vda/),
    ]);
  });

  it('is another image in another place, or where the user says so', () => {
    const sighting = { state: 'unknown', folder: undefined } as const;
    const elsewhere: ImagePlace = { kind: 'network', location: 'rbd:other/vda' };
    expect(judge(sighting, { source, place: elsewhere })).toEqual([]);
    expect(judge(sighting, { source, place: network, allowShared: true })).toEqual([]);
  });
});
