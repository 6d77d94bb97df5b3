/** Walks over XDR that a real peer has sent, without a look at what it means. Source: RFC 4506. */
export class XdrCursor {
  readonly bytes: Buffer;
  offset = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  uint32(): number {
    const value = this.bytes.readUInt32BE(this.offset);
    this.offset += 4;
    return value;
  }

  /** Over bytes of a fixed number. */
  skip(length: number): void {
    this.offset += Math.ceil(length / 4) * 4;
    if (this.offset > this.bytes.length) throw new RangeError(`the message ends before byte ${this.offset}`);
  }

  /** Over a string, or bytes of a number that is ahead of them. */
  skipCounted(): void {
    this.skip(this.uint32());
  }
}
