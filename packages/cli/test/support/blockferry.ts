import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What a finished command left. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as users start it: a process of its own. */
export class Blockferry implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #done: Promise<Outcome>;
  readonly #text = { stdout: '', stderr: '' };

  /** @param prefix what the command begins with, to run on another host of the lab */
  constructor(args: readonly string[], options: SpawnOptions = {}, prefix: readonly string[] = []) {
    const [program = '', ...rest] = [...prefix, process.execPath, PROGRAM, ...args];
    this.#child = spawn(program, rest, {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const name of ['stdout', 'stderr'] as const) {
      this.#child[name]?.setEncoding('utf8').on('data', (text: string) => {
        this.#text[name] += text;
      });
    }
    this.#done = once(this.#child, 'close').then(([status]) => ({
      status: status as number | null,
      ...this.#text,
    }));
  }

  get done(): Promise<Outcome> {
    return this.#done;
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('blockferry did not start');
    return pid;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** The lines of stdout, as they come. */
  lines(): AsyncIterable<string> {
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('stdout is not piped');
    return createInterface({ input: stdout });
  }

  /** Goes away from the reading end, as `head` does. */
  closeStdout(): void {
    this.#child.stdout?.destroy();
  }

  /** Resolves with the match, once a stream holds it; rejects when the process ends before. */
  async until(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> {
    const output = this.#child[stream];
    for (;;) {
      const match = pattern.exec(this.#text[stream]);
      if (match !== null) return match;
      if (output === null || this.#child.exitCode !== null) {
        throw new Error(`no ${pattern} on ${stream}: ${JSON.stringify(await this.#done)}`);
      }
      await Promise.race([once(output, 'data'), this.#done]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#done;
  }
}

/** Runs a command to its end. */
export function blockferry(...args: string[]): Promise<Outcome> {
  return new Blockferry(args).done;
}

/** The lines of `--json`. */
export function objects(stdout: string): Record<string, unknown>[] {
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The last line of `--json`. */
export function result(stdout: string): Record<string, unknown> {
  return objects(stdout).at(-1) ?? {};
}

/** `blockferry serve`, ready for clients. */
export function startServe(...args: string[]): Promise<ServeCommand> {
  return startServeBy([], ...args);
}

export type ServeCommand = Blockferry & { readonly uri: string };

/** The same, started by another command: in a world of its own, or with a socket. */
export async function startServeBy(prefix: readonly string[], ...args: string[]): Promise<ServeCommand> {
  const server = new Blockferry(['serve', ...args], {}, prefix);
  try {
    const [, uri = ''] = await server.until('stdout', /^(nbd\S+)\n/);
    return Object.assign(server, { uri });
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

const PROGRAM = fileURLToPath(new URL('../../bin/blockferry.js', import.meta.url));
