import { TypedParamsError } from '../error.js';
import { MAX_NAME_BYTES } from '../name.js';
import { names } from './names.js';

/** Reads XDR that nobody vouches for. Every fault is an `RPC` error that says what and where. Source: RFC 4506. */
export class XdrReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #size: number;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#size = bytes.byteLength;
  }

  /** @param what names the value in an error. So it does below. */
  uint32(what: string): number {
    return this.#view.getUint32(this.#take(4, what));
  }

  int64(what: string): bigint {
    return this.#view.getBigInt64(this.#take(8, what));
  }

  uint64(what: string): bigint {
    return this.#view.getBigUint64(this.#take(8, what));
  }

  double(what: string): number {
    return this.#view.getFloat64(this.#take(8, what));
  }

  /** Reads what {@link string} does, and remembers it: names come again and again. */
  name(maxBytes: number, what: string): string {
    const lengthAt = this.#offset;
    const start = lengthAt + 4;
    const length = start <= this.#size ? this.#view.getUint32(lengthAt) : 0;
    const end = start + ((length + 3) & ~3);
    if (length > MAX_NAME_BYTES || end > this.#size) return this.string(maxBytes, what);
    const known = names.read(this.#view, start, length);
    if (known !== undefined) {
      this.#offset = end;
      return known;
    }
    const text = this.string(maxBytes, what);
    names.keep(this.#view, start, length, text);
    return text;
  }

  /** Reads a length and as many bytes of UTF-8, without NUL, then zeros up to the next multiple of four. */
  string(maxBytes: number, what: string): string {
    const length = this.uint32(what);
    if (length > maxBytes) throw this.fault(`${what} has ${length} bytes, the limit is ${maxBytes}`);
    const padded = (length + 3) & ~3;
    const start = this.#take(padded, what);
    for (let i = length; i < padded; i++) {
      if (this.#bytes[start + i] !== 0) throw this.fault(`${what} is not padded with zeros`);
    }
    return length <= SHORT ? this.#short(start, length, what) : this.#decoded(start, length, what);
  }

  /** Throws unless all was read. */
  end(): void {
    const left = this.#size - this.#offset;
    if (left > 0) throw this.fault(`${left} bytes are left over`);
  }

  /** The error of something that was read just now. */
  fault(what: string): TypedParamsError {
    return new TypedParamsError('RPC', `Unable to decode message payload: ${what}, at byte ${this.#offset}`);
  }

  #take(bytes: number, what: string): number {
    const start = this.#offset;
    if (bytes > this.#size - start) throw this.#cutOff(bytes, what);
    this.#offset = start + bytes;
    return start;
  }

  #cutOff(bytes: number, what: string): TypedParamsError {
    return this.fault(`${what} takes ${bytes} bytes, ${this.#size - this.#offset} are left`);
  }

  /** Short texts are mostly ASCII, for which calling the platform's decoder costs more than doing it. */
  #short(start: number, length: number, what: string): string {
    const bytes = this.#bytes;
    const end = start + length;
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number;
      if (byte === 0 || byte > 0x7f) return this.#decoded(start, length, what);
    }
    let text = '';
    let at = start;
    // Four at a time: what costs is to join.
    for (; at + 4 <= end; at += 4) {
      text += String.fromCharCode(
        bytes[at] as number,
        bytes[at + 1] as number,
        bytes[at + 2] as number,
        bytes[at + 3] as number,
      );
    }
    for (; at < end; at++) text += String.fromCharCode(bytes[at] as number);
    return text;
  }

  #decoded(start: number, length: number, what: string): string {
    let text: string;
    try {
      text = decoder.decode(this.#bytes.subarray(start, start + length));
    } catch {
      throw this.fault(`${what} is not UTF-8`);
    }
    if (text.includes('\0')) throw this.fault(`${what} has a NUL`);
    return text;
  }
}

const SHORT = 24;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
