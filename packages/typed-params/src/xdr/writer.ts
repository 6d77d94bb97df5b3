import { TypedParamsError } from '../error.js';
import { MAX_NAME_BYTES } from '../name.js';
import { utf8Length } from '../utf8.js';
import { names } from './names.js';

/** Writes XDR: big-endian, everything at a multiple of four bytes. Source: RFC 4506. */
export class XdrWriter {
  readonly #limit: number;
  #bytes: Uint8Array<ArrayBuffer> = scratch;
  #view: DataView = scratchView;
  #length = 0;

  /** @param limit most bytes that may be written; above them `RPC` is thrown. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** A copy of what was written so far. */
  bytes(): Uint8Array {
    return this.lent().slice();
  }

  /** What was written so far, until the next writer writes. */
  lent(): Uint8Array<ArrayBuffer> {
    this.#check();
    return this.#bytes.subarray(0, this.#length);
  }

  /** Writes the lowest 32 bits of a number, so that it serves signed ones as well. */
  uint32(value: number): void {
    const at = this.#reserve(4);
    this.#length = at + 4;
    this.#view.setUint32(at, value);
  }

  /** Writes the lowest 64 bits of a number, so that it serves signed ones as well. */
  uint64(value: bigint): void {
    const at = this.#reserve(8);
    this.#length = at + 8;
    this.#view.setBigUint64(at, value);
  }

  double(value: number): void {
    // There is one NaN: sign and payload of another are whatever the engine made of them.
    if (Number.isNaN(value)) {
      this.uint64(QUIET_NAN);
      return;
    }
    const at = this.#reserve(8);
    this.#length = at + 8;
    this.#view.setFloat64(at, value);
  }

  /** Writes what {@link string} does, of at most 79 bytes. */
  name(text: string): void {
    const lengthAt = this.#reserve(4 + MAX_NAME_BYTES + 1);
    const length = names.write(text, this.#view, lengthAt + 4);
    if (length < 0) {
      this.string(text, MAX_NAME_BYTES);
      return;
    }
    this.#view.setUint32(lengthAt, length);
    this.#length = lengthAt + 4 + ((length + 3) & ~3);
  }

  /** Writes a string's length, its bytes in UTF-8, and zeros up to the next multiple of four. */
  string(text: string, maxBytes: number): void {
    // Each unit is a byte at least, so that what is far too long takes no room.
    const length = text.length > maxBytes ? utf8Length(text) : this.#put(text);
    if (length > maxBytes) throw tooLong(`a string has ${length} bytes, the limit is ${maxBytes}`);
    this.#view.setUint32(this.#length, length);
    const end = this.#length + 4 + length;
    this.#length = (end + 3) & ~3;
    for (let at = end; at < this.#length; at++) this.#bytes[at] = 0;
    this.#check();
  }

  /** Writes a text's bytes where they will be once its length is ahead of them; returns how many there are. */
  #put(text: string): number {
    const start = this.#reserve(4 + text.length * MAX_UNIT_BYTES + 3) + 4;
    // Short texts are mostly ASCII, for which calling the platform's encoder costs more than doing it.
    if (text.length <= SHORT) {
      const bytes = this.#bytes;
      let end = start;
      for (let i = 0; i < text.length; i++) {
        const unit = text.charCodeAt(i);
        if (unit > 0x7f) break;
        bytes[end++] = unit;
      }
      if (end - start === text.length) return text.length;
    }
    return encoder.encodeInto(text, this.#bytes.subarray(start)).written;
  }

  /** Makes room for so many bytes; returns where they begin. */
  #reserve(bytes: number): number {
    const length = this.#length + bytes;
    if (length > this.#bytes.length) this.#grow(length);
    return this.#length;
  }

  #grow(length: number): void {
    const larger = new Uint8Array(Math.max(length, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  #check(): void {
    if (this.#length > this.#limit) throw tooLong(`the parameters exceed ${this.#limit} bytes`);
  }
}

function tooLong(what: string): TypedParamsError {
  return new TypedParamsError('RPC', `Unable to encode message payload: ${what}`);
}

const QUIET_NAN = 0x7ff8n << 48n;
/** Where lists are written, one after the other, until they are copied; what is longer gets room of its own. */
const scratch = new Uint8Array(65_536);
const scratchView = new DataView(scratch.buffer);
const SHORT = 64;
/** Most bytes that a UTF-16 unit becomes; a pair of units becomes four. */
const MAX_UNIT_BYTES = 3;
const encoder = new TextEncoder();
