import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type Beat, Console } from './beats.js';
import { Condition } from './condition.js';
import { diskArguments, type VmDisk } from './disk-arguments.js';
import { type GuestFiles, kernelCommandLine } from './guest.js';
import { Monitor, type QmpEvent } from './monitor.js';
import { Daemon } from './process.js';
import { machineOf, type QemuRelease, qemuBinary } from './qemu-binary.js';

export interface LabVmOptions {
  /** For messages, such as 'source'. */
  readonly name: string;
  /** For its sockets; made if missing. */
  readonly directory: string;
  readonly disks: readonly VmDisk[];
  /** Without it there is firmware alone, which does for whatever needs no writer. */
  readonly guest?: GuestFiles;
  /** By disk: what the guest writes, in KiB a second. Disks that are not named are not written. */
  readonly workload?: Readonly<Record<string, number>>;
  /** @default 'installed' */
  readonly release?: QemuRelease;
  /** @default that of `release` */
  readonly machine?: string;
  /** What the product's monitor listens on; on TCP the loopback, and a port that QEMU chooses. @default 'unix' */
  readonly monitor?: 'unix' | 'tcp';
  /** Waits for a migration: `-incoming defer`. */
  readonly incoming?: boolean;
  /** Does not start the guest by itself: `-S`. */
  readonly paused?: boolean;
  /** What its command begins with, to run on another host: `NetworkHost.prefix`. */
  readonly prefix?: readonly string[];
  readonly extraArguments?: readonly string[];
}

/** A QEMU process, emulated (TCG), with 128 MiB of RAM, and what its guest says. */
export class LabVm implements AsyncDisposable {
  readonly name: string;
  /** The product's address of it: a monitor that the lab leaves alone. The lab itself uses another one. */
  readonly uri: string;
  readonly console: Console;
  readonly #daemon: Daemon;
  readonly #monitor: Monitor;

  private constructor(name: string, uri: string, console: Console, daemon: Daemon, monitor: Monitor) {
    this.name = name;
    this.uri = uri;
    this.console = console;
    this.#daemon = daemon;
    this.#monitor = monitor;
  }

  /** Resolves once both monitors are there; the guest is booting then. */
  static async start(options: LabVmOptions): Promise<LabVm> {
    mkdirSync(options.directory, { recursive: true });
    const monitorPath = join(options.directory, 'qmp.sock');
    const observerPath = join(options.directory, 'observer.sock');
    const console = new Console();
    // QEMU connects to the lab: its arrival says that it is up, with no need to try again and again.
    const arrival = new Condition();
    let socket: Socket | undefined;
    const server = createServer((connection) => {
      socket = connection;
      arrival.changed();
    }).listen(observerPath);
    await once(server, 'listening');
    const [program = '', ...args] = [
      ...(options.prefix ?? []),
      qemuBinary(options.release ?? 'installed'),
      ...commandLine(options, monitorPath, observerPath),
    ];
    const daemon = new Daemon(program, args, (text) => console.receive(text));
    void daemon.exited.then((how) => {
      arrival.fail(new Error(how));
      console.close(`${options.name}: ${how}`);
    });
    try {
      const monitor = await Monitor.open(
        await arrival.until(() => socket, `the start of ${options.name}`, START_TIMEOUT_MS),
      );
      const uri = await monitorUri(monitor, monitorPath, options.monitor ?? 'unix');
      return new LabVm(options.name, uri, console, daemon, monitor);
    } catch (error) {
      await daemon.end();
      throw new Error(`${options.name}: ${await daemon.exited}`, { cause: error });
    } finally {
      server.close();
    }
  }

  get pid(): number {
    return this.#daemon.pid;
  }

  get running(): boolean {
    return this.#daemon.running;
  }

  /** What QEMU has complained about. */
  get stderr(): string {
    return this.#daemon.stderr;
  }

  /** The guest's beats so far, as this QEMU's console has shown them. */
  get beats(): readonly Beat[] {
    return this.console.beats;
  }

  /** Every event so far, oldest first. */
  get events(): readonly QmpEvent[] {
    return this.#monitor.events;
  }

  /** Resolves with the newest beat once this console has shown `count` of them. */
  waitBeats(count: number, timeoutMs = 60_000): Promise<Beat> {
    return this.console.until(count, timeoutMs);
  }

  /** Resolves once the guest has beaten `count` times more: it runs, here. */
  waitMoreBeats(count = 2, timeoutMs = 60_000): Promise<Beat> {
    return this.console.until(this.beats.length + count, timeoutMs);
  }

  /** A QMP command on the lab's own monitor. @throws {QmpRefusal} */
  cmd<T = unknown>(execute: string, args?: object, timeoutMs?: number): Promise<T> {
    return this.#monitor.cmd<T>(execute, args, timeoutMs);
  }

  /** Takes the first such event that nobody has taken: one that came before, or one to come. */
  event(name: string, matches?: (data: QmpEvent['data']) => boolean, timeoutMs?: number): Promise<QmpEvent> {
    return this.#monitor.event(name, matches, timeoutMs);
  }

  /** Past events are gone for `event()`, which then waits for one to come. */
  forgetEvents(): void {
    this.#monitor.forgetEvents();
  }

  /** SIGSTOP makes a peer that hangs, SIGKILL one that dies. */
  signal(signal: NodeJS.Signals): void {
    this.#daemon.signal(signal);
  }

  /** Ends the process, by force if need be; resolves once it is gone. Idempotent. */
  async end(): Promise<void> {
    await this.#daemon.end();
    this.#monitor.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }
}

function commandLine(options: LabVmOptions, monitorPath: string, observerPath: string): string[] {
  const { guest, workload = {}, disks } = options;
  const machine = options.machine ?? machineOf(options.release ?? 'installed');
  const args = ['-accel', 'tcg', '-machine', machine, '-m', '128', '-nodefaults', '-no-user-config'];
  args.push('-display', 'none', '-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console');
  const listen = options.monitor === 'tcp' ? 'host=127.0.0.1,port=0' : `path=${monitorPath}`;
  args.push('-chardev', `socket,id=${MONITOR},${listen},server=on,wait=off`);
  args.push('-mon', `chardev=${MONITOR},mode=control`, '-qmp', `unix:${observerPath}`);
  if (guest) {
    args.push('-kernel', guest.kernel, '-initrd', guest.initrd, '-append', kernelCommandLine(workload));
  }
  args.push(...diskArguments(disks));
  if (options.incoming) args.push('-incoming', 'defer');
  if (options.paused) args.push('-S');
  return [...args, ...(options.extraArguments ?? [])];
}

/** The address of the product's monitor: where it is on TCP, only QEMU knows the port. */
async function monitorUri(lab: Monitor, monitorPath: string, kind: 'unix' | 'tcp'): Promise<string> {
  if (kind === 'unix') return `qmp+unix://${monitorPath}`;
  const devices = await lab.cmd<{ label: string; filename: string }[]>('query-chardev');
  const { filename = '' } = devices.find(({ label }) => label === MONITOR) ?? {};
  const address = /tcp:(127\.0\.0\.1:\d+)/.exec(filename)?.[1];
  if (address === undefined) throw new Error(`the monitor is at ${filename}`);
  return `qmp+tcp://${address}`;
}

const MONITOR = 'monitor';
const START_TIMEOUT_MS = 20_000;
