import { BindingDirtyBitmap, type BindingDirtySnapshot } from '@blockferry/engine';
import { checkInteger } from './check-integer.js';
import { NbdError } from './error.js';

/** A run of dirty bytes. */
export interface DirtyRun {
  /** Byte offset, a multiple of the granularity. */
  readonly offset: number;
  /** Bytes, a multiple of the granularity but at the device's end. */
  readonly length: number;
}

/**
 * Which parts of a device have been written, in blocks of `granularity` bytes.
 *
 * A served export marks its bitmaps from many connections at once without a lock. `rotate()` takes all
 * marks and clears them: a write that is acknowledged before the call is in what it returns, one that
 * comes later is marked anew.
 */
export class DirtyBitmap {
  /** @internal */
  readonly native: BindingDirtyBitmap;

  /**
   * @param size bytes of the device.
   * @param granularity bytes a bit, a power of two from 512 to 64 MiB.
   */
  constructor(size: number, granularity = 65536) {
    checkInteger('The size', size, 0, Number.MAX_SAFE_INTEGER);
    checkInteger('The granularity', granularity, 512, 64 * 1024 * 1024);
    if ((granularity & (granularity - 1)) !== 0) {
      throw new NbdError('INVALID_ARGUMENT', `The granularity is ${granularity}: give a power of two.`);
    }
    try {
      this.native = new BindingDirtyBitmap(size, granularity);
    } catch (cause) {
      throw new NbdError('INVALID_ARGUMENT', `${(cause as Error).message}.`, { cause });
    }
  }

  /** @internal */
  static adopt(native: BindingDirtyBitmap): DirtyBitmap {
    const bitmap = Object.create(DirtyBitmap.prototype) as { native: BindingDirtyBitmap };
    bitmap.native = native;
    return bitmap as DirtyBitmap;
  }

  /** Bytes of the device. */
  get size(): number {
    return this.native.size;
  }

  /** Bytes a bit. */
  get granularity(): number {
    return this.native.granularity;
  }

  /** Marks every block that the range touches. A range beyond the end is cut there. */
  mark(offset: number, length: number): void {
    checkInteger('The offset', offset, 0, Number.MAX_SAFE_INTEGER);
    checkInteger('The length', length, 0, Number.MAX_SAFE_INTEGER);
    this.native.mark(offset, length);
  }

  /** Takes all marks and leaves the bitmap clean. */
  rotate(): DirtySnapshot {
    return new DirtySnapshot(this.native.rotate());
  }

  /** The marks as they are; the bitmap keeps them. */
  snapshot(): DirtySnapshot {
    return new DirtySnapshot(this.native.snapshot());
  }

  /** Marks what `snapshot` marks, too: how a copy that failed gives its marks back. */
  merge(snapshot: DirtySnapshot): void {
    if (snapshot.size !== this.size) {
      throw new NbdError(
        'INVALID_ARGUMENT',
        `The marks are of a device of ${snapshot.size} bytes, this one has ${this.size}.`,
      );
    }
    this.native.merge(snapshot.native);
  }

  /** Dirty bytes. */
  count(): number {
    return this.native.count();
  }
}

/** Marks taken from a bitmap at one moment. */
export class DirtySnapshot {
  /** @internal */
  readonly native: BindingDirtySnapshot;

  /** @internal */
  constructor(native: BindingDirtySnapshot) {
    this.native = native;
  }

  /** Bytes of the device. */
  get size(): number {
    return this.native.size;
  }

  /** Dirty bytes. */
  count(): number {
    return this.native.count();
  }

  /** The dirty runs in ascending order, neighbours joined. */
  *runs(): Generator<DirtyRun, void, undefined> {
    for (let from = 0; ; ) {
      const batch = this.native.runs(from, RUNS_A_BATCH);
      yield* batch;
      const last = batch.at(-1);
      if (last === undefined || batch.length < RUNS_A_BATCH) return;
      from = last.offset + last.length;
    }
  }

  /** A compact form that `DirtySnapshot.deserialize` takes. */
  serialize(): Uint8Array {
    return this.native.serialize();
  }

  /** @throws {NbdError} `INVALID_ARGUMENT` where the bytes are not a bitmap's. */
  static deserialize(bytes: Uint8Array): DirtySnapshot {
    return new DirtySnapshot(decode(bytes));
  }
}

function decode(bytes: Uint8Array): BindingDirtySnapshot {
  try {
    return BindingDirtyBitmap.deserialize(bytes);
  } catch (cause) {
    throw new NbdError('INVALID_ARGUMENT', `These bytes are no dirty bitmap: ${(cause as Error).message}.`, {
      cause,
    });
  }
}

const RUNS_A_BATCH = 1024;
