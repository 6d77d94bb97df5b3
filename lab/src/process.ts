import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** What a finished program left. */
export interface RunResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end.
 *
 * Rejects, with the program's output, on an exit status that is not in `statuses` (default: 0 alone), and
 * when it runs for longer than `timeoutMs` (default 120 000), after it has been killed.
 */
export async function run(
  program: string,
  args: readonly string[],
  options: { readonly statuses?: readonly number[]; readonly timeoutMs?: number } = {},
): Promise<RunResult> {
  const child = spawnTied(program, args);
  const { timeoutMs = 120_000, statuses = [0] } = options;
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  try {
    const stdout = collect(child, 'stdout');
    const stderr = collect(child, 'stderr');
    const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
    if (status === null || !statuses.includes(status)) {
      const end = signal === null ? `exit status ${status}` : `ended by ${signal}`;
      throw new Error(`${[program, ...args].join(' ')}: ${end}\n${stderr()}${stdout()}`);
    }
    return { status, stdout: stdout(), stderr: stderr() };
  } finally {
    clearTimeout(timer);
  }
}

/** A program that serves until it is told to end; it does not outlive this process. */
export class Daemon implements AsyncDisposable {
  /** Resolves with how it ended; never rejects. */
  readonly exited: Promise<string>;
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #stderr: () => string;

  constructor(program: string, args: readonly string[], onStdout?: (text: string) => void) {
    this.name = program;
    this.#child = spawnTied(program, args);
    this.#stderr = collect(this.#child, 'stderr');
    this.#child.stdout?.setEncoding('utf8');
    this.#child.stdout?.on('data', onStdout ?? (() => {}));
    this.exited = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message));
      this.#child.once('close', (status, signal) =>
        resolve(`${program} ended (${signal ?? `exit status ${status}`})\n${this.#stderr()}`.trim()),
      );
    });
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error(`${this.name} did not start`);
    return pid;
  }

  get running(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The end of what it has written to stderr. */
  get stderr(): string {
    return this.#stderr();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** SIGTERM, then, after `graceMs`, SIGKILL. Resolves once the process is gone; idempotent. */
  async end(graceMs = 10_000): Promise<void> {
    if (this.running) {
      const timer = setTimeout(() => this.signal('SIGKILL'), graceMs);
      this.signal('SIGTERM');
      this.signal('SIGCONT');
      await this.exited;
      clearTimeout(timer);
    }
    await this.exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }
}

/** Starts a program that the kernel ends when this process dies, however it dies. */
function spawnTied(program: string, args: readonly string[]): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Gathers the end of an output stream, for results and for messages. */
function collect(child: ChildProcess, stream: 'stdout' | 'stderr'): () => string {
  let text = '';
  child[stream]?.setEncoding('utf8');
  child[stream]?.on('data', (more: string) => {
    text = (text + more).slice(-MAX_OUTPUT);
  });
  return () => text;
}

/** Characters kept of each output; nothing the lab runs writes as much. */
const MAX_OUTPUT = 1 << 22;
