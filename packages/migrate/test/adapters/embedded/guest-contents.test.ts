import { describe, expect, it } from 'vitest';
import { BLOCK, GuestContents } from '../../../src/adapters/embedded/guest-contents.js';

const BLOCKS = 16;

function written(salt: number, generation = 1): GuestContents {
  const contents = new GuestContents(BLOCKS * BLOCK, salt);
  contents.remember(0, BLOCKS, generation);
  return contents;
}

/** Every block's bytes, as text to compare. */
function blocks(contents: GuestContents): string[] {
  return Array.from({ length: contents.blocks }, (_, block) =>
    contents.expected(block, 1).toString('latin1'),
  );
}

describe('what the guest remembers', () => {
  it('has a block for every whole 4096 bytes', () => {
    expect(new GuestContents(BLOCKS * BLOCK, 1).blocks).toBe(BLOCKS);
    expect(new GuestContents(BLOCKS * BLOCK + BLOCK - 1, 1).blocks).toBe(BLOCKS);
  });

  it('reads as zeros until something is written, and after zeroing', () => {
    const zeros = Buffer.alloc(BLOCKS * BLOCK);
    const contents = new GuestContents(BLOCKS * BLOCK, 1);
    expect(contents.expected(0, BLOCKS).equals(zeros)).toBe(true);
    contents.remember(0, BLOCKS, 7);
    contents.remember(0, BLOCKS, 0);
    expect(contents.expected(0, BLOCKS).equals(zeros)).toBe(true);
  });

  it('changes for the blocks of a write, and for no other', () => {
    const contents = written(1);
    const before = blocks(contents);
    contents.remember(5, 3, 2);
    const after = blocks(contents);
    const changed = after.flatMap((block, index) => (block === before[index] ? [] : [index]));
    expect(changed).toEqual([5, 6, 7]);
  });

  it('is the same whether read block by block or at once', () => {
    const contents = written(3, 9);
    contents.remember(4, 4, 0);
    contents.remember(6, 1, 10);
    expect(contents.expected(0, BLOCKS).toString('latin1')).toBe(blocks(contents).join(''));
    expect(contents.expected(4, 5).toString('latin1')).toBe(blocks(contents).slice(4, 9).join(''));
  });
});

describe('contents tell apart', () => {
  it('every block of a disk: one in the place of another is found', () => {
    expect(new Set(blocks(written(1))).size).toBe(BLOCKS);
  });

  it('disks: one in the place of another is found', () => {
    const [one, other] = [blocks(written(1)), blocks(written(2))];
    expect(one.filter((block) => other.includes(block))).toEqual([]);
  });

  it('generations: an older write is found', () => {
    const contents = new GuestContents(BLOCK, 1);
    const seen = new Set<string>();
    for (let generation = 0; generation < 1000; generation++) {
      contents.remember(0, 1, generation);
      seen.add(contents.expected(0, 1).toString('latin1'));
    }
    expect(seen.size).toBe(1000);
  });

  it('a block that was written from one that was not, whatever the generation and the disk', () => {
    for (let salt = 0; salt < 100; salt++) {
      const contents = new GuestContents(BLOCK, salt);
      for (let generation = 1; generation < 20; generation++) {
        contents.remember(0, 1, generation);
        expect(contents.expected(0, 1).every((byte) => byte === 0)).toBe(false);
      }
    }
    // The salt that cancels this generation.
    const contents = new GuestContents(BLOCK, Math.imul(5, 0x9e3779b1));
    contents.remember(0, 1, 5);
    expect(contents.expected(0, 1).every((byte) => byte === 0)).toBe(false);
  });

  it('bytes all over the block: half of one is found', () => {
    const block = written(1, 2).expected(3, 1);
    for (let at = 0; at < BLOCK; at += 512) {
      expect(block.subarray(at, at + 512).every((byte) => byte === 0)).toBe(false);
    }
  });
});
