import { Transform, type TransformCallback } from 'node:stream';

export interface LinkOptions {
  /** How long a byte is under way, in milliseconds, in each direction. */
  readonly delayMs: number;
  /** After each `everyMiB` MiB, of all connections and both directions together, nothing arrives for `ms`. */
  readonly stall?: { readonly everyMiB: number; readonly ms: number };
}

/** A slow line between two places, and its outages: all that goes over it stands still together. */
export class Link {
  readonly options: LinkOptions;
  /** Called as an outage begins. */
  readonly #onStall: () => void;
  #bytes = 0;
  #standsUntil = 0;

  constructor(options: LinkOptions, onStall: () => void) {
    this.options = options;
    this.#onStall = onStall;
  }

  /** When (performance.now()) something can arrive that is due at `due`. */
  arrival(due: number): number {
    return Math.max(due, this.#standsUntil);
  }

  /** Notes what has arrived; may begin an outage. */
  carried(bytes: number): void {
    const { everyMiB, ms } = this.options.stall ?? NEVER;
    const every = everyMiB * 2 ** 20;
    const before = Math.floor(this.#bytes / every);
    this.#bytes += bytes;
    if (Math.floor(this.#bytes / every) === before) return;
    this.#standsUntil = performance.now() + ms;
    this.#onStall();
  }
}

/** One direction of a connection over a link: what is written comes out in order, and later. */
export class DelayLine extends Transform {
  readonly #link: Link;
  readonly #queue: { readonly chunk: Buffer; readonly due: number }[] = [];
  #queued = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Told when there is room again, or, after the end, when all is out. */
  #waiting: { readonly callback: TransformCallback; readonly below: number } | undefined;

  constructor(link: Link) {
    super();
    this.#link = link;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#queue.push({ chunk, due: performance.now() + this.#link.options.delayMs });
    this.#queued += chunk.length;
    this.#wait(callback, MAX_QUEUED);
    this.#schedule();
  }

  override _flush(callback: TransformCallback): void {
    this.#wait(callback, 1);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    callback(error);
  }

  #wait(callback: TransformCallback, below: number): void {
    if (this.#queued < below) callback();
    else this.#waiting = { callback, below };
  }

  #schedule(): void {
    const [head] = this.#queue;
    if (head === undefined || this.#timer !== undefined) return;
    const ms = Math.max(0, this.#link.arrival(head.due) - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#deliver();
      this.#schedule();
    }, Math.ceil(ms));
  }

  #deliver(): void {
    for (let [head] = this.#queue; head !== undefined; [head] = this.#queue) {
      if (this.#link.arrival(head.due) > performance.now()) break;
      this.#queue.shift();
      this.#queued -= head.chunk.length;
      this.push(head.chunk);
      this.#link.carried(head.chunk.length);
    }
    const waiting = this.#waiting;
    if (waiting === undefined || this.#queued >= waiting.below) return;
    this.#waiting = undefined;
    waiting.callback();
  }
}

const NEVER = { everyMiB: Number.POSITIVE_INFINITY, ms: 0 };
/** Bytes under way in one direction of a connection: what the line holds, not a limit of its speed. */
const MAX_QUEUED = 16 << 20;
