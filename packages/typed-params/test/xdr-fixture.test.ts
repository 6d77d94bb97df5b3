import { describe, expect, it } from 'vitest';
import { jobStatistics, type TypedParam, TypedParams, validate } from '../src/index.js';
import { readCaptured } from './support/captured-message.js';

const selected: readonly TypedParam[] = [
  { name: 'migrate_disks', type: 'string', value: 'vda' },
  { name: 'migrate_disks', type: 'string', value: 'vdb' },
  { name: 'bandwidth', type: 'ullong', value: 200n },
];

describe('messages of libvirt that were kept', () => {
  it.each(['managed-begin3', 'managed-perform3', 'peer-to-peer-perform3', 'job-stats-reply'])(
    '%s: the same bytes again',
    (name) => {
      const { bytes } = readCaptured(name);
      expect(Buffer.from(TypedParams.fromXdr(bytes).toXdr()).equals(bytes)).toBe(true);
    },
  );

  it('say which disks to migrate', () => {
    expect([...read('managed-begin3')]).toEqual(selected);
    expect([...read('peer-to-peer-perform3')]).toEqual(selected);
    expect(read('managed-begin3').getAll('migrate_disks')).toEqual(['vda', 'vdb']);
  });

  it('carry what libvirt adds on the way', () => {
    const [xml, ...more] = [...read('managed-perform3')].filter(({ name }) => name === 'destination_xml');
    expect(xml?.value).toMatch(/^<domain type='qemu'>\n {2}<name>lab<\/name>\n/);
    expect(xml?.value).toMatch(/\n<\/domain>\n$/);
    expect(more).toEqual([]);
    expect([...read('managed-perform3')]).toEqual(expect.arrayContaining([...selected]));
  });

  it('tell how a migration went', () => {
    const statistics = validate(read('job-stats-reply'), jobStatistics);
    expect(statistics.get('operation')).toBe(4);
    expect(statistics.get('memory_page_size')).toBe(4096n);
    expect(statistics.get('time_elapsed')).toBeGreaterThan(0n);
    expect(statistics.get('disk_total')).toBe(0n);
  });
});

function read(name: string): TypedParams {
  return TypedParams.fromXdr(readCaptured(name).bytes);
}
