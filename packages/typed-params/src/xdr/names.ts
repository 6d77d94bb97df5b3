import { MAX_NAME_BYTES } from '../name.js';

/**
 * The names that were read, each as a text and as its words on the wire. Names come from a small set of libvirt's, most
 * often in the same order; so a name is found by comparing words, most often with one candidate, and written by copying
 * them. A slot keeps the last name that fell into it: whatever peers send, the table does not grow.
 */
export class WireNames {
  readonly #texts: string[] = new Array<string>(SLOTS).fill('');
  readonly #lengths = new Uint8Array(SLOTS);
  readonly #words = new Uint32Array(SLOTS * SLOT_WORDS);
  readonly #slots = new Map<string, number>();
  /** For each slot the one of the name that came after its own the last time. */
  readonly #next = new Uint16Array(SLOTS);
  #lastRead = 0;
  #lastWritten = 0;

  /** The name of so many bytes, at most 79, that with its padding begins at `start`; undefined for one not kept. */
  read(view: DataView, start: number, length: number): string | undefined {
    let slot = this.#next[this.#lastRead] as number;
    if (!this.#is(slot, view, start, length)) {
      slot = slotOf(view, start, length);
      if (!this.#is(slot, view, start, length)) return undefined;
      this.#next[this.#lastRead] = slot;
    }
    this.#lastRead = slot;
    return this.#texts[slot];
  }

  /** Keeps a name whose bytes and padding were found sound. */
  keep(view: DataView, start: number, length: number, text: string): void {
    const slot = slotOf(view, start, length);
    this.#slots.delete(this.#texts[slot] as string);
    this.#slots.set(text, slot);
    this.#texts[slot] = text;
    this.#lengths[slot] = length;
    let word = slot * SLOT_WORDS;
    for (let at = start; at < start + length; at += 4) this.#words[word++] = view.getUint32(at);
  }

  /** Writes a name's bytes and padding to `start`, where there is room; returns its length, or -1 for one not kept. */
  write(text: string, view: DataView, start: number): number {
    let slot = this.#next[this.#lastWritten] as number;
    if (this.#texts[slot] !== text) {
      const found = this.#slots.get(text);
      if (found === undefined) return -1;
      slot = found;
    }
    this.#lastWritten = slot;
    const length = this.#lengths[slot] as number;
    let word = slot * SLOT_WORDS;
    for (let at = start; at < start + length; at += 4) view.setUint32(at, this.#words[word++] as number);
    return length;
  }

  #is(slot: number, view: DataView, start: number, length: number): boolean {
    if (this.#lengths[slot] !== length) return false;
    let word = slot * SLOT_WORDS;
    for (let at = start; at < start + length; at += 4) {
      if (this.#words[word++] !== view.getUint32(at)) return false;
    }
    return true;
  }
}

function slotOf(view: DataView, start: number, length: number): number {
  let hash = length;
  for (let at = start; at < start + length; at += 4) hash = Math.imul(hash ^ view.getUint32(at), HASH_FACTOR);
  // The upper bits have seen all of the lower ones.
  return Math.imul(hash ^ (hash >>> 15), HASH_FACTOR) >>> (32 - SLOT_BITS);
}

const SLOT_BITS = 10;
/** Some times the names that one host's statistics have. */
const SLOTS = 1 << SLOT_BITS;
const SLOT_WORDS = (MAX_NAME_BYTES + 1) / 4;
const HASH_FACTOR = 0x9e3779b1;

/** Read and written names share what they know; it is only ever a shortcut. */
export const names: WireNames = new WireNames();
