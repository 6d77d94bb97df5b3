import { mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

/** What the runs of a scenario stand on. */
export interface Bench {
  /** Bytes that `--size` asks for. */
  readonly size: number;
  /** A private folder for files and sockets, on the file system of `--dir`; it goes with the scenario. */
  readonly folder: string;
  /** Aborted when the user ends the benchmark. */
  readonly signal: AbortSignal;
  /** What `make` made when it was first asked for by that key in this scenario; disposed with it, if it can be. */
  shared<T>(key: string, make: () => Promise<T>): Promise<T>;
}

/** The bench of one scenario. Its folder goes when it is disposed, and also when the process exits. */
export class ScenarioBench implements Bench, AsyncDisposable {
  readonly size: number;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly #shared = new Map<string, Promise<unknown>>();
  readonly #tmpdir = process.env['TMPDIR'];
  readonly #removeAtExit = (): void => rmSync(this.folder, { recursive: true, force: true });

  constructor(size: number, directory: string, signal: AbortSignal) {
    this.size = size;
    this.signal = signal;
    this.folder = mkdtempSync(join(directory, 'bf-bench-'));
    process.once('exit', this.#removeAtExit);
    // Whoever makes a temporary folder, such as the lab for its sockets, makes it there.
    process.env['TMPDIR'] = this.folder;
  }

  shared<T>(key: string, make: () => Promise<T>): Promise<T> {
    const made = this.#shared.get(key) ?? make();
    this.#shared.set(key, made);
    return made as Promise<T>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const made of [...this.#shared.values()].reverse()) {
      const value: unknown = await made.catch(() => undefined);
      if (isDisposable(value)) await value[Symbol.asyncDispose]();
    }
    if (this.#tmpdir === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = this.#tmpdir;
    await rm(this.folder, { recursive: true, force: true });
    process.removeListener('exit', this.#removeAtExit);
  }
}

function isDisposable(value: unknown): value is AsyncDisposable {
  return typeof value === 'object' && value !== null && Symbol.asyncDispose in value;
}
