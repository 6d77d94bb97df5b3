import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run, type Scratch } from '@blockferry/lab';
import { type Sequence, toLine } from './step.js';

/**
 * The program beside this file, which is compiled here: it makes the calls that it is told to make on the real
 * libvirt, and says what came of them.
 */
export class Libvirt implements AsyncDisposable {
  /** The library's release. */
  readonly version: string;
  readonly #program: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<never>;
  #answers = '';
  #answered: () => void = () => {};

  static async start(scratch: Scratch): Promise<Libvirt> {
    const program = scratch.join('oracle');
    const sources = readdirSync(folder).filter((file) => file.endsWith('.c'));
    const flags = await pkgConfig('--cflags', '--libs');
    await run('gcc', [...gccOptions, '-o', program, ...sources.map((file) => folder + file), ...flags]);
    const [version = ''] = await pkgConfig('--modversion');
    return new Libvirt(program, version);
  }

  private constructor(program: string, version: string) {
    this.version = version;
    // Messages are compared: they must not be translated.
    this.#program = spawn(program, { env: { LC_ALL: 'C' }, stdio: 'pipe' });
    let complaints = '';
    this.#program.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    this.#program.stdout.setEncoding('latin1').on('data', (text: string) => {
      this.#answers += text;
      this.#answered();
    });
    // What goes wrong with the program is told by its end.
    this.#program.stdin.on('error', () => {});
    this.#ended = once(this.#program, 'close').then(([status, signal]) => {
      throw new Error(`the oracle has ended (${signal ?? `exit status ${status}`}): ${complaints}`);
    });
    this.#ended.catch(() => {});
  }

  /** libvirt's answers to the steps of each sequence. One call at a time. */
  async answers(sequences: readonly Sequence[]): Promise<string[][]> {
    const lines = sequences.flatMap((sequence) => ['begin', ...sequence.map(toLine)]);
    this.#program.stdin.write(`${lines.join('\n')}\nflush\n`);
    const received = await this.#receive(lines.length - sequences.length);
    let next = 0;
    return sequences.map(({ length }) => {
      next += length;
      return received.slice(next - length, next);
    });
  }

  async #receive(expected: number): Promise<string[]> {
    let seen = 0;
    let found = 0;
    while (found < expected) {
      for (let at = this.#answers.indexOf('\n', seen); at >= 0; at = this.#answers.indexOf('\n', seen)) {
        seen = at + 1;
        found++;
      }
      if (found < expected) await Promise.race([this.#more(), this.#ended]);
    }
    const received = this.#answers.slice(0, -1).split('\n');
    this.#answers = '';
    return received;
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#answered = resolve;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#program.stdin.end();
    await this.#ended.catch(() => {});
  }
}

async function pkgConfig(...options: readonly string[]): Promise<string[]> {
  const { stdout } = await run('pkg-config', [...options, 'libvirt', 'libtirpc']);
  return stdout.trim().split(/\s+/);
}

const folder = fileURLToPath(new URL('libvirt/', import.meta.url));
const gccOptions = ['-std=gnu11', '-D_GNU_SOURCE', '-O1', '-Wall', '-Wextra', '-Wconversion', '-Werror'];
