import type { EventEmitter } from 'node:events';
import { type Colors, colorsFor } from './colors.js';

/** What a sink needs of stdout or stderr. */
export interface SinkStream extends EventEmitter {
  write(text: string): boolean;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/**
 * stdout or stderr, whose reader may go away at any time (`| head`): from then on what is written is
 * discarded. A migration must not fail because nobody watches it.
 */
export class Sink {
  readonly isTerminal: boolean;
  readonly colors: Colors;
  readonly #stream: SinkStream;
  #closed = false;

  constructor(stream: SinkStream, env: Readonly<Record<string, string | undefined>>) {
    this.#stream = stream;
    this.isTerminal = stream.isTTY === true;
    this.colors = colorsFor(this.isTerminal, env);
    stream.on('error', () => {
      this.#closed = true;
      stream.emit('drain');
    });
  }

  /** Whether the reader has gone away. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Columns of the terminal; 80 where it is none or does not tell. */
  get columns(): number {
    return this.#stream.columns || 80;
  }

  /** Rows of the terminal; 24 where it is none or does not tell. */
  get rows(): number {
    return this.#stream.rows || 24;
  }

  /** Resolves when there is room for more: whoever writes much awaits it. */
  async write(text: string): Promise<void> {
    if (this.#closed || this.#stream.write(text)) return;
    await new Promise<void>((resolve) => this.#stream.once('drain', resolve));
  }

  /** Writes without waiting: for the little that progress and messages are. */
  put(text: string): void {
    if (!this.#closed) this.#stream.write(text);
  }
}
