/** As much of a terminal as live progress needs: lines, a cursor, and the control sequences it uses. */
export class Screen {
  cursorHidden = false;
  readonly #lines: string[] = [''];
  #row = 0;
  #column = 0;

  /** What is to be seen, without blank lines at the end. */
  get lines(): string[] {
    const last = this.#lines.findLastIndex((line) => line !== '');
    return this.#lines.slice(0, last + 1);
  }

  write(text: string): void {
    const tokens = new RegExp(`${ESC}\\[(\\??[0-9]*)([A-Za-z])|[\\r\\n]|[^${ESC}\\r\\n]+`, 'g');
    for (const [token, argument = '', command] of text.matchAll(tokens)) {
      if (command !== undefined) this.#control(command, argument);
      else if (token === '\r') this.#column = 0;
      else if (token === '\n') this.#newLine();
      else this.#print(token);
    }
  }

  #control(command: string, argument: string): void {
    if (command === 'A') this.#row = Math.max(0, this.#row - Number(argument || 1));
    else if (command === 'K') this.#lines[this.#row] = this.#line.slice(0, this.#column);
    else if (command === 'J') {
      this.#lines[this.#row] = this.#line.slice(0, this.#column);
      this.#lines.splice(this.#row + 1);
    } else if (argument === '?25') this.cursorHidden = command === 'l';
    else if (command !== 'm') throw new Error(`unknown control sequence ${argument}${command}`);
  }

  #newLine(): void {
    this.#row += 1;
    this.#column = 0;
    this.#lines[this.#row] ??= '';
  }

  #print(text: string): void {
    this.#lines[this.#row] =
      this.#line.slice(0, this.#column).padEnd(this.#column) +
      text +
      this.#line.slice(this.#column + text.length);
    this.#column += text.length;
  }

  get #line(): string {
    return this.#lines[this.#row] ?? '';
  }
}

const ESC = String.fromCharCode(27);
