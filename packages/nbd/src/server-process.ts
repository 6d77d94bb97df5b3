import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenUnix } from '@blockferry/engine';
import { NbdError } from './error.js';

/** An NBD server in a process of its own. It ends when it is closed, and when this process exits (but by SIGKILL). */
export interface ServerProcess extends AsyncDisposable {
  /** Of its default export. */
  readonly uri: string;
  /** How it ended, such as `exit status 1`; pending while it runs. Never rejects. */
  readonly ended: Promise<string>;
  /** Ends it: SIGTERM, and SIGKILL after ten seconds. A second call does nothing more. */
  close(): Promise<void>;
}

/**
 * Starts a program that serves on a socket which it is handed over (systemd socket activation), such as
 * `['nbdkit', '--readonly', 'file', 'disk.img']` or `['qemu-nbd', '--format', 'qcow2', 'disk.qcow2']`. What it
 * prints goes to stderr. Resolves at once: clients wait until it accepts them.
 *
 * @throws {NbdError} `INVALID_ARGUMENT` for an empty command, `NBD_LISTEN` where no socket can be made.
 * Source: libnbd, nbd_connect_systemd_socket_activation(3).
 */
export async function startServerProcess(command: readonly string[]): Promise<ServerProcess> {
  if (command.length === 0) throw new NbdError('INVALID_ARGUMENT', 'Give the command of a server.');
  const parent = tmpdir().length <= MAX_PARENT_LENGTH ? tmpdir() : '/tmp';
  const folder = await mkdtemp(join(parent, 'nbd-'));
  try {
    return new Running(startOn(join(folder, 'socket'), command), folder);
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw new NbdError('NBD_LISTEN', `Cannot start a server: ${(cause as Error).message}.`, { cause });
  }
}

function startOn(path: string, command: readonly string[]): ChildProcess {
  const socket = listenUnix(path);
  try {
    return spawn('/bin/sh', ['-c', 'LISTEN_PID=$$ exec "$@"', 'sh', ...command], {
      env: { ...process.env, LISTEN_FDS: '1' },
      stdio: ['ignore', process.stderr, process.stderr, socket],
      // A group of its own: Ctrl-C is for us, who will end it in order.
      detached: true,
    });
  } finally {
    // When the process ends, there is nobody left who listens, and who connects hears of it.
    closeSync(socket);
  }
}

class Running implements ServerProcess {
  readonly uri: string;
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #killWithUs = (): void => this.#signal('SIGKILL');
  #closed: Promise<void> | undefined;

  constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    this.uri = `nbd+unix:///?socket=${encodeURIComponent(join(folder, 'socket')).replaceAll('%2F', '/')}`;
    this.ended = once(child, 'exit').then(
      ([status, signal]) => (signal === null ? `exit status ${status}` : `${signal}`),
      (error: Error) => error.message,
    );
    process.once('exit', this.#killWithUs);
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    this.#signal('SIGTERM');
    const impatience = setTimeout(() => this.#signal('SIGKILL'), GRACE_MS);
    await this.ended;
    clearTimeout(impatience);
    process.removeListener('exit', this.#killWithUs);
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** To all of its group: the command may be a shell's. */
  #signal(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // It has ended in this moment.
    }
  }
}

/** The path of a unix socket has 107 bytes at most. */
const MAX_PARENT_LENGTH = 80;

const GRACE_MS = 10_000;
