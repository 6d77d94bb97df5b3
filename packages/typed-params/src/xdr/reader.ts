import { TypedParamsError } from '../error.js';

/** Reads XDR that nobody vouches for. Every fault is an `RPC` error that says what and where. Source: RFC 4506. */
export class XdrReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @param what names the value in an error. So it does below. */
  uint32(what: string): number {
    return this.#view.getUint32(this.#take(4, what));
  }

  uint64(what: string): bigint {
    return this.#view.getBigUint64(this.#take(8, what));
  }

  double(what: string): number {
    return this.#view.getFloat64(this.#take(8, what));
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
    const left = this.#bytes.length - this.#offset;
    if (left > 0) throw this.fault(`${left} bytes are left over`);
  }

  /** The error of something that was read just now. */
  fault(what: string): TypedParamsError {
    return new TypedParamsError('RPC', `Unable to decode message payload: ${what}, at byte ${this.#offset}`);
  }

  #take(bytes: number, what: string): number {
    const start = this.#offset;
    const left = this.#bytes.length - start;
    if (bytes > left) throw this.fault(`${what} takes ${bytes} bytes, ${left} are left`);
    this.#offset = start + bytes;
    return start;
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
    const bytes = this.#bytes.subarray(start, start + length);
    if (bytes.includes(0)) throw this.fault(`${what} has a NUL`);
    try {
      return decoder.decode(bytes);
    } catch {
      throw this.fault(`${what} is not UTF-8`);
    }
  }
}

const SHORT = 64;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
