import { QmpError } from './error.js';

/**
 * Cuts a byte stream into lines, however it arrives. Lines end with LF; an unfinished one is kept, up to a bound.
 */
export class LineBuffer {
  readonly #maxBytes: number;
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Takes bytes and yields each line that they finish, as text. Consume it to the end.
   *
   * @throws {QmpError} `QMP_PROTOCOL` for a line that is too long, or not UTF-8.
   */
  *handleBytes(chunk: Uint8Array): Generator<string> {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      this.#keep(chunk.subarray(start, end));
      start = end + 1;
      yield this.#take();
    }
    // A copy, for the caller may use its buffer again.
    if (start < chunk.length) this.#keep(chunk.slice(start));
  }

  #keep(part: Uint8Array): void {
    this.#length += part.length;
    if (this.#length > this.#maxBytes) {
      const message = `The monitor sent a line of more than ${this.#maxBytes} bytes: this is no sane QMP peer.`;
      throw new QmpError('QMP_PROTOCOL', message);
    }
    this.#parts.push(part);
  }

  #take(): string {
    // Lines are decoded whole: a character that two chunks share is whole again by now.
    const line = new Uint8Array(this.#length);
    let offset = 0;
    for (const part of this.#parts) {
      line.set(part, offset);
      offset += part.length;
    }
    this.#parts = [];
    this.#length = 0;
    try {
      return utf8.decode(line);
    } catch (cause) {
      throw new QmpError('QMP_PROTOCOL', 'The monitor sent bytes that are not UTF-8.', { cause });
    }
  }
}

const LF = 0x0a;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
