/** The last lines of a terminal, drawn over and over. */
export class LiveRegion {
  readonly #put: (text: string) => void;
  #lines: readonly string[] = [];

  constructor(put: (text: string) => void) {
    this.#put = put;
  }

  /** Shows `lines`, each no wider than the terminal, in place of the earlier ones. */
  show(lines: readonly string[]): void {
    if (lines.length === this.#lines.length && lines.every((line, index) => line === this.#lines[index]))
      return;
    const hide = this.#lines.length === 0 ? HIDE_CURSOR : '';
    this.#put(
      `${hide}${this.#home()}${lines.map((line) => `${line}${ERASE_LINE_END}\n`).join('')}${ERASE_BELOW}`,
    );
    this.#lines = lines;
  }

  /** Writes a line that stays above the region. */
  above(line: string): void {
    const below = this.#lines.map((shown) => `${shown}${ERASE_LINE_END}\n`).join('');
    this.#put(`${this.#home()}${line}${ERASE_LINE_END}\n${below}${ERASE_BELOW}`);
  }

  /** Takes the region away, as if it had never been. */
  clear(): void {
    if (this.#lines.length === 0) return;
    this.#put(`${this.#home()}${ERASE_BELOW}${SHOW_CURSOR}`);
    this.#lines = [];
  }

  /** To the region's first column and line. */
  #home(): string {
    return this.#lines.length === 0 ? '' : `\r${ESCAPE}[${this.#lines.length}A`;
  }
}

/** ECMA-48 control sequences. */
const ESCAPE = '\u001b';
const ERASE_LINE_END = `${ESCAPE}[K`;
const ERASE_BELOW = `${ESCAPE}[J`;
const HIDE_CURSOR = `${ESCAPE}[?25l`;
const SHOW_CURSOR = `${ESCAPE}[?25h`;
