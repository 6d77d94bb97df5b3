import { TypedParamsError } from '../error.js';
import { utf8Length } from '../utf8.js';

/** Writes XDR: big-endian, everything at a multiple of four bytes. Source: RFC 4506. */
export class XdrWriter {
  readonly #limit: number;
  #bytes = new Uint8Array(INITIAL_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** @param limit most bytes that may be written; above them `RPC` is thrown. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What was written so far. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Writes the lowest 32 bits of a number, so that it serves signed ones as well. */
  uint32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#advance(4), value);
  }

  /** Writes the lowest 64 bits of a number, so that it serves signed ones as well. */
  uint64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigUint64(this.#advance(8), value);
  }

  double(value: number): void {
    this.#reserve(8);
    const at = this.#advance(8);
    // There is one NaN: sign and payload of another are whatever the engine made of them.
    if (Number.isNaN(value)) this.#view.setBigUint64(at, QUIET_NAN);
    else this.#view.setFloat64(at, value);
  }

  /** Writes a string's length, its bytes in UTF-8, and zeros up to the next multiple of four. */
  string(text: string, maxBytes: number): void {
    // Each unit is a byte at least, so that what is far too long takes no room.
    const length = text.length > maxBytes ? utf8Length(text) : this.#put(text);
    if (length > maxBytes) throw tooLong(`a string has ${length} bytes, the limit is ${maxBytes}`);
    this.#view.setUint32(this.#advance(4), length);
    this.#advance((length + 3) & ~3);
  }

  /** Writes a text's bytes where they will be once its length is ahead of them; returns how many there are. */
  #put(text: string): number {
    this.#reserve(4 + text.length * MAX_UNIT_BYTES + 3);
    const start = this.#length + 4;
    // Short texts are mostly ASCII, for which calling the platform's encoder costs more than doing it.
    if (text.length <= SHORT) {
      let end = start;
      for (let i = 0; i < text.length; i++) {
        const unit = text.charCodeAt(i);
        if (unit > 0x7f) break;
        this.#bytes[end++] = unit;
      }
      if (end - start === text.length) return text.length;
    }
    return encoder.encodeInto(text, this.#bytes.subarray(start)).written;
  }

  /** Makes room for so many bytes; new room is zeros. */
  #reserve(bytes: number): void {
    const length = this.#length + bytes;
    if (length <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(length, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  /** Counts so many bytes as written and returns where they begin. */
  #advance(bytes: number): number {
    const start = this.#length;
    this.#length += bytes;
    if (this.#length > this.#limit) throw tooLong(`the parameters exceed ${this.#limit} bytes`);
    return start;
  }
}

function tooLong(what: string): TypedParamsError {
  return new TypedParamsError('RPC', `Unable to encode message payload: ${what}`);
}

const QUIET_NAN = 0x7ff8n << 48n;
const INITIAL_BYTES = 4096;
const SHORT = 64;
/** Most bytes that a UTF-16 unit becomes; a pair of units becomes four. */
const MAX_UNIT_BYTES = 3;
const encoder = new TextEncoder();
