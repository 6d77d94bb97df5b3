import { QmpError } from './error.js';

/**
 * Cuts a byte stream into lines, however it arrives. Lines end with LF; an unfinished one is kept, up to a bound.
 */
export class LineBuffer {
  readonly #maxBytes: number;
  #bytes = new Uint8Array(INITIAL_BYTES);
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
    this.#keep(chunk.subarray(start));
  }

  #keep(part: Uint8Array): void {
    const length = this.#length + part.length;
    if (length > this.#maxBytes) {
      const message = `The monitor sent a line of more than ${this.#maxBytes} bytes, and the session is closed.`;
      throw new QmpError('QMP_PROTOCOL', message);
    }
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(part, this.#length);
    this.#length = length;
  }

  #take(): string {
    // Lines are decoded whole: a character that two chunks share is whole again by now.
    const line = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = new Uint8Array(INITIAL_BYTES);
    try {
      return utf8.decode(line);
    } catch (cause) {
      throw new QmpError(
        'QMP_PROTOCOL',
        'The monitor sent bytes that are not UTF-8, and the session is closed.',
        {
          cause,
        },
      );
    }
  }
}

const LF = 0x0a;
const INITIAL_BYTES = 4096;
/** A buffer that one large reply has blown up beyond this is given back. */
const KEPT_BYTES = 1024 * 1024;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
