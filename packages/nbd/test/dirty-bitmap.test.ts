import { describe, expect, it } from 'vitest';
import { DirtyBitmap, DirtySnapshot } from '../src/index.js';
import { KiB, MiB } from './support/contents.js';

describe('a dirty bitmap', () => {
  it('marks every block that a range touches, and joins neighbours', () => {
    const bitmap = new DirtyBitmap(MiB, 4096);
    expect(bitmap).toMatchObject({ size: MiB, granularity: 4096 });
    bitmap.mark(4095, 2);
    bitmap.mark(8 * KiB, 1);
    bitmap.mark(64 * KiB, 4 * KiB);
    expect(runs(bitmap)).toEqual([
      { offset: 0, length: 12 * KiB },
      { offset: 64 * KiB, length: 4 * KiB },
    ]);
    expect(bitmap.count()).toBe(16 * KiB);
  });

  it('has blocks of 64 KiB unless told otherwise', () => {
    const bitmap = new DirtyBitmap(MiB);
    bitmap.mark(0, 1);
    expect(bitmap.granularity).toBe(64 * KiB);
    expect(bitmap.count()).toBe(64 * KiB);
  });

  it('cuts ranges at the end of the device, in a last block that is short', () => {
    const bitmap = new DirtyBitmap(10_000, 4096);
    bitmap.mark(9_999, 2 ** 40);
    expect(runs(bitmap)).toEqual([{ offset: 8192, length: 1808 }]);
    expect(bitmap.count()).toBe(1808);
    bitmap.mark(10_000, 1);
    bitmap.mark(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    bitmap.mark(0, 0);
    expect(bitmap.count()).toBe(1808);
  });

  it('gives all marks away when it is rotated, and keeps them when it is looked at', () => {
    const bitmap = new DirtyBitmap(MiB, 4096);
    bitmap.mark(0, 4096);
    expect(bitmap.snapshot().count()).toBe(4096);
    const taken = bitmap.rotate();
    expect(bitmap.count()).toBe(0);
    bitmap.mark(8192, 4096);
    expect([...taken.runs()]).toEqual([{ offset: 0, length: 4096 }]);
    expect(taken.size).toBe(MiB);
  });

  it('takes marks back beside those that are new, also of another granularity', () => {
    const bitmap = new DirtyBitmap(MiB, 4096);
    bitmap.mark(0, 4096);
    const taken = bitmap.rotate();
    bitmap.mark(4096, 4096);
    bitmap.merge(taken);
    const coarse = new DirtyBitmap(MiB, 64 * KiB);
    coarse.mark(512 * KiB, 1);
    bitmap.merge(coarse.rotate());
    expect(runs(bitmap)).toEqual([
      { offset: 0, length: 8192 },
      { offset: 512 * KiB, length: 64 * KiB },
    ]);
  });

  it('takes no marks of a device of another size', () => {
    const bitmap = new DirtyBitmap(MiB);
    expect(() => bitmap.merge(new DirtyBitmap(2 * MiB).snapshot())).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });

  it('lists any number of runs', () => {
    const bitmap = new DirtyBitmap(64 * MiB, 4096);
    // Batches of the iteration end at 1024 runs: exactly there, one more, and somewhere after.
    for (const count of [1024, 1025, 5000]) {
      const expected = [...Array(count).keys()].map((index) => ({ offset: index * 8192, length: 4096 }));
      for (const { offset, length } of expected) bitmap.mark(offset, length);
      expect(runs(bitmap)).toEqual(expected);
      bitmap.rotate();
    }
  });

  it.each<[string, number, number]>([
    ['a negative size', -1, 4096],
    ['half a byte', 0.5, 4096],
    ['a size beyond 2^53-1', 2 ** 53, 4096],
    ['a granularity that is no power of two', MiB, 5000],
    ['a granularity below 512', MiB, 256],
    ['a granularity above 64 MiB', MiB, 128 * MiB],
    ['more blocks than can be counted', Number.MAX_SAFE_INTEGER, 512],
  ])('is refused with %s', (_, size, granularity) => {
    const refusal = expect.objectContaining({ name: 'NbdError', code: 'INVALID_ARGUMENT' });
    expect(() => new DirtyBitmap(size, granularity)).toThrow(refusal);
  });

  it.each<[number, number]>([
    [-1, 1],
    [0, -1],
    [0.5, 1],
    [0, Number.POSITIVE_INFINITY],
  ])('refuses to mark offset %d, length %d', (offset, length) => {
    const refusal = expect.objectContaining({ name: 'NbdError', code: 'INVALID_ARGUMENT' });
    expect(() => new DirtyBitmap(MiB).mark(offset, length)).toThrow(refusal);
  });
});

describe('the serialised form', () => {
  it('keeps every mark', () => {
    const bitmap = new DirtyBitmap(10 * MiB + 1, 512);
    for (let offset = 0; offset < 10 * MiB; offset += 12_345) bitmap.mark(offset, 700);
    bitmap.mark(10 * MiB, 1);
    const snapshot = bitmap.snapshot();
    const back = DirtySnapshot.deserialize(snapshot.serialize());
    expect(back.size).toBe(10 * MiB + 1);
    expect([...back.runs()]).toEqual([...snapshot.runs()]);
    const merged = new DirtyBitmap(10 * MiB + 1, 512);
    merged.merge(back);
    expect(merged.count()).toBe(bitmap.count());
  });

  const whole = serialized();
  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['text', Buffer.from('a bitmap, honestly')],
    ['ones', Buffer.alloc(4096, 0xff)],
    ['a beginning', whole.subarray(0, whole.length - 1)],
    ['a byte too many', Buffer.concat([whole, Buffer.alloc(1)])],
    ['just a header', whole.subarray(0, 24)],
  ])('is refused: %s', (_, bytes) => {
    expect(() => DirtySnapshot.deserialize(bytes)).toThrow(
      expect.objectContaining({ name: 'NbdError', code: 'INVALID_ARGUMENT' }),
    );
  });

  it('never asks for much memory or marks beyond its end, whichever byte is wrong', () => {
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0x00, 0x01, 0x7f, 0x80, 0xff]) {
        const bytes = Uint8Array.from(whole);
        bytes[at] = value;
        const read = tryDeserialize(bytes);
        if (read === undefined) continue;
        const end = [...read.runs()].at(-1);
        expect((end?.offset ?? 0) + (end?.length ?? 0)).toBeLessThanOrEqual(read.size);
        expect(read.count()).toBeLessThanOrEqual(read.size);
      }
    }
  });
});

function runs(bitmap: DirtyBitmap): { offset: number; length: number }[] {
  return [...bitmap.snapshot().runs()];
}

function serialized(): Uint8Array {
  const bitmap = new DirtyBitmap(MiB + 1, 4096);
  bitmap.mark(5000, 9000);
  bitmap.mark(MiB, 1);
  return bitmap.snapshot().serialize();
}

/** `undefined` where it is refused. */
function tryDeserialize(bytes: Uint8Array): DirtySnapshot | undefined {
  try {
    return DirtySnapshot.deserialize(bytes);
  } catch (error) {
    expect(error).toMatchObject({ name: 'NbdError', code: 'INVALID_ARGUMENT' });
    return undefined;
  }
}
