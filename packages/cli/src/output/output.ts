import type { OutputOptions } from '../options/output-options.js';
import { BarsView } from '../progress/bars-view.js';
import { PlainView } from '../progress/plain-view.js';
import { type ProgressView, SilentView } from '../progress/view.js';
import type { ViewEvent } from '../progress/view-event.js';
import type { Shell } from '../shell.js';
import type { Colors } from './colors.js';
import { toJsonLine } from './json.js';
import { printable } from './printable.js';

/** Where a command tells things: results on stdout, as text or JSON; progress and notes on stderr. */
export class Output implements Disposable {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly #shell: Shell;
  readonly #view: ProgressView;

  constructor(shell: Shell, options: OutputOptions) {
    this.json = options.json ?? false;
    this.quiet = options.quiet ?? false;
    this.#shell = shell;
    this.#view = chooseView(shell, options);
  }

  /** Of stdout. */
  get colors(): Colors {
    return this.#shell.stdout.colors;
  }

  /** Columns to lay text out in; `undefined` where stdout is no terminal. */
  get width(): number | undefined {
    return this.#shell.stdout.isTerminal ? this.#shell.stdout.columns : undefined;
  }

  /** Whether nobody reads stdout any more. */
  get unread(): boolean {
    return this.#shell.stdout.closed;
  }

  /** A line of `--json`. */
  async object(value: object): Promise<void> {
    if (this.json) await this.#shell.stdout.write(toJsonLine(value));
  }

  /** What was asked for, as text. */
  async text(text: string): Promise<void> {
    if (!this.json) await this.#shell.stdout.write(text);
  }

  /** How it went: text that `--quiet` leaves out. */
  async summary(text: string): Promise<void> {
    if (!this.quiet) await this.text(text);
  }

  /** Tells the watcher; of `log` events the text stays. */
  progress(event: ViewEvent): void {
    if (event.type === 'log') this.note(printable(event.message), event.level);
    else this.#view.update(event);
  }

  /** A line on stderr that stays. */
  note(text: string, level: 'info' | 'warning' = 'info'): void {
    if (this.quiet) return;
    this.#view.note(level === 'warning' ? `${this.#shell.stderr.colors.yellow('warning:')} ${text}` : text);
  }

  /** Takes the progress away, before the result is told. */
  endProgress(): void {
    this.#view.close();
  }

  [Symbol.dispose](): void {
    this.endProgress();
  }
}

function chooseView({ stdout, stderr, env }: Shell, options: OutputOptions): ProgressView {
  const put = (text: string): void => stderr.put(text);
  if (options.quiet) return new SilentView(put);
  let how = options.progress ?? 'auto';
  if (how === 'auto') {
    const watched = stderr.isTerminal && env['TERM'] !== 'dumb';
    // With --json the progress is on stdout already: bars beside it only where they do not mix.
    if (options.json) how = watched && !stdout.isTerminal ? 'bar' : 'none';
    else how = watched ? 'bar' : 'plain';
  }
  if (how === 'bar') return new BarsView(stderr, { unicode: speaksUtf8(env) });
  return how === 'plain' ? new PlainView(put) : new SilentView(put);
}

/** By the locale, as the C library decides: the first that is set counts. */
function speaksUtf8(env: Readonly<Record<string, string | undefined>>): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return /utf-?8/i.test(locale);
}
