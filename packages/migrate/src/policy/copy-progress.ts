/** How far one disk is; byte counts. */
export interface DiskCopy {
  readonly disk: string;
  readonly bytesDone: number;
  readonly bytesLeft: number;
  readonly bytesPerSecond: number;
}

/**
 * The progress of a disk that a hypervisor copies, made of what it tells from time to time. What is done never falls,
 * although the whole grows with what the guest writes, and is not told any more when the copy has ended.
 */
export class CopyProgress {
  readonly disk: string;
  #done = 0;
  #left: number;
  #rate = 0;
  #at: number | undefined;
  #begun = false;

  constructor(disk: string, size: number) {
    this.disk = disk;
    this.#left = size;
  }

  /** Whether the copy has been seen. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Whether nothing was left, the last time that it was seen. */
  get ready(): boolean {
    return this.#begun && this.#left === 0;
  }

  /** What the hypervisor tells. `now` is in milliseconds, of any clock that does not jump. */
  update({ current, end }: { readonly current: number; readonly end: number }, now: number): void {
    this.#begun = true;
    const before = this.#done;
    this.#done = Math.max(before, current);
    this.#left = Math.max(0, end - this.#done);
    if (this.#at !== undefined && now > this.#at) {
      this.#rate = Math.round(((this.#done - before) * 1000) / (now - this.#at));
    }
    this.#at = now;
  }

  /** It is known from elsewhere that all has been copied. */
  complete(): void {
    this.#begun = true;
    this.#done += this.#left;
    this.#left = 0;
    this.#rate = 0;
  }

  read(): DiskCopy {
    return { disk: this.disk, bytesDone: this.#done, bytesLeft: this.#left, bytesPerSecond: this.#rate };
  }
}
