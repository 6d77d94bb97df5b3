import { EventEmitter } from 'node:events';
import { Sink, type SinkStream } from '../../src/output/sink.js';
import type { Shell } from '../../src/shell.js';

/** A stream that remembers what it was given. */
export class FakeStream extends EventEmitter implements SinkStream {
  text = '';
  readonly isTTY: boolean;
  columns = 80;
  rows = 24;

  constructor(isTTY = false) {
    super();
    this.isTTY = isTTY;
  }

  write(text: string): boolean {
    this.text += text;
    return true;
  }

  /** What it would show, without colours and cursor movements. */
  get plain(): string {
    return this.text.replace(new RegExp(`${String.fromCharCode(27)}\\[[?0-9;]*[A-Za-z]`, 'g'), '');
  }
}

/** A shell whose streams are kept, and whose signals are sent by hand. */
export class FakeShell implements Shell {
  readonly out: FakeStream;
  readonly err: FakeStream;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signals = new EventEmitter();
  readonly exits: number[] = [];

  constructor(options: { terminal?: boolean; env?: Record<string, string> } = {}) {
    this.env = options.env ?? {};
    this.out = new FakeStream(options.terminal);
    this.err = new FakeStream(options.terminal);
    this.stdout = new Sink(this.out, this.env);
    this.stderr = new Sink(this.err, this.env);
  }

  exitNow = (status: number): void => {
    this.exits.push(status);
  };

  /** The lines of `--json`. */
  get objects(): Record<string, unknown>[] {
    const lines = this.out.text.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}
