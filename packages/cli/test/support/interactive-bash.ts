import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A bash at a terminal, as a user types to it. */
export class InteractiveBash implements AsyncDisposable {
  readonly #process: ChildProcessWithoutNullStreams;
  #shown = '';
  #changed: () => void = () => {};

  /** @param setup a command for it to run first */
  static async start(cwd: string, setup: string): Promise<InteractiveBash> {
    const bash = new InteractiveBash(cwd);
    const options = "'set bell-style none' 'set show-all-if-ambiguous on' 'set page-completions off'";
    bash.#type(`stty columns 1000; bind ${options}; ${setup}; PS1='${PROMPT}'\n`);
    await bash.#shows(PROMPT_AGAIN);
    return bash;
  }

  private constructor(cwd: string) {
    // `script` makes the terminal.
    this.#process = spawn('script', ['--quiet', '--command', 'bash --norc --noprofile -i', '/dev/null'], {
      cwd,
      env: { ...process.env, INPUTRC: '/dev/null', HISTFILE: '', TERM: 'dumb' },
    });
    this.#process.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#shown += text;
      this.#changed();
    });
    this.#process.once('close', () => this.#changed());
  }

  /** What the line is after a Tab, and what bash has listed for it, sorted. */
  async complete(line: string): Promise<{ line: string; listed: string[] }> {
    this.#shown = '';
    // Then the line becomes the argument of a printf.
    this.#type(`${line}\t${HOME}printf '<%s>\\n' '${END}'\n`);
    const [, completed = ''] = await this.#shows(PRINTED);
    const [, list = ''] = LISTED.exec(this.#shown) ?? [];
    return { line: completed, listed: (list.match(/\S+/g) ?? []).toSorted() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // With its terminal gone bash ends, too.
    this.#process.kill('SIGKILL');
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      await once(this.#process, 'exit');
    }
  }

  #type(text: string): void {
    this.#process.stdin.write(text);
  }

  /** Resolves once that is to be seen. */
  async #shows(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#shown);
      if (match !== null) return match;
      if (this.#process.exitCode !== null) throw new Error(`bash has ended: ${this.#shown}`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}

// bash reads keys when it shows its prompt, not before.
const PROMPT = 'ready: ';
const PROMPT_AGAIN = /^ready: $/m;
/** What the printf prints, then the next prompt. */
const PRINTED = /^<(.*)>\r?\nready: $/m;
/** What stands between the line that was typed and the one that goes on. */
const LISTED = /^[^\n]*\n([^<][\s\S]*?)\r?\nready: /;

// Keys of readline: to the beginning of the line, and to its end.
const HOME = '\u0001';
const END = '\u0005';
