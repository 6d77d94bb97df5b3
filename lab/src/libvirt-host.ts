import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { appearance } from './appearance.js';
import type { Beat, Console } from './beats.js';
import { ConsoleSocket } from './console-socket.js';
import { writeLibvirtConfig } from './libvirt-config.js';
import type { NetworkHost } from './namespaces.js';
import { Daemon, type RunResult, run } from './process.js';

export interface LibvirtHostOptions {
  /** For messages, such as 'source'; the host's name begins with it. */
  readonly name: string;
  /** For all that is the host's own; made if missing. */
  readonly directory: string;
  /** An empty folder that the host sees as its folder of images: its path is the same on all hosts then. */
  readonly images: string;
  readonly network: NetworkHost;
  /** Certificates for migrations with TLS, under the names that QEMU wants. */
  readonly tlsFolder?: string | undefined;
}

/** A host that runs libvirtd, emulated guests and nothing else. Takes root: see `requires('libvirt')`. */
export class LibvirtHost implements AsyncDisposable {
  readonly name: string;
  /** Of libvirtd, for any process of this machine. */
  readonly socketPath: string;
  readonly uri: string;
  /** Its folder of images, as it sees it. */
  readonly images: string;
  readonly #directory: string;
  readonly #daemon: Daemon;
  readonly #console: ConsoleSocket;

  private constructor(options: LibvirtHostOptions, daemon: Daemon, console: ConsoleSocket) {
    this.name = options.name;
    this.socketPath = socketOf(options);
    this.uri = uriOf(this.socketPath);
    this.images = options.images;
    this.#directory = options.directory;
    this.#daemon = daemon;
    this.#console = console;
  }

  /** Resolves once libvirtd answers. */
  static async start(options: LibvirtHostOptions): Promise<LibvirtHost> {
    const { name, directory, images, network, tlsFolder } = options;
    await writeLibvirtConfig(directory, network.address, tlsFolder);
    await rm(socketOf(options), { force: true }); // of a host that was here before
    const console = await ConsoleSocket.listen(join(directory, 'images', CONSOLE));
    const [program = '', ...args] = [
      ...network.prefix,
      ...['unshare', '--mount', '--uts', '--pid', '--propagation', 'private'],
      // libvirt takes a name with a dot for a full one, and does not ask a name server for it.
      ...[HOST_SCRIPT, directory, images, `${name}.test`],
    ];
    const daemon = new Daemon(program, args);
    void daemon.exited.then((how) => console.console.close(`${name}: ${how}`));
    const host = new LibvirtHost(options, daemon, console);
    try {
      await appearance(host.socketPath, daemon);
      await host.virsh('version'); // is answered when the drivers are there
      return host;
    } catch (error) {
      await host.end();
      throw new Error(`${name}: ${await daemon.exited}`, { cause: error });
    }
  }

  /** What the serial console of its guest has shown; all guests with one share it. */
  get console(): Console {
    return this.#console.console;
  }

  /** The guest's beats so far, as this host has seen them. */
  get beats(): readonly Beat[] {
    return this.console.beats;
  }

  /** Whether the host is up. */
  get running(): boolean {
    return this.#daemon.running;
  }

  /** Where a file of the folder of images is for the rest of the machine. */
  image(file: string): string {
    return join(this.#directory, 'images', file);
  }

  /** Resolves with the newest beat once this host has seen `count` of them. */
  waitBeats(count: number, timeoutMs = 60_000): Promise<Beat> {
    return this.console.until(count, timeoutMs);
  }

  /** Resolves once the guest has beaten `count` times more: it runs, here. */
  waitMoreBeats(count = 2, timeoutMs = 60_000): Promise<Beat> {
    return this.console.until(this.beats.length + count, timeoutMs);
  }

  /** Sends libvirtd a signal: SIGSTOP has it hang, guests and all else go on. */
  async signalLibvirtd(signal: NodeJS.Signals): Promise<void> {
    const pid = await descendant(this.#daemon.pid, 'libvirtd');
    if (pid === undefined) throw new Error(`${this.name}: there is no libvirtd`);
    process.kill(pid, signal);
  }

  /** `virsh ...` on this host's libvirtd. */
  virsh(...args: string[]): Promise<RunResult> {
    return run('virsh', ['--quiet', '--connect', this.uri, ...args]);
  }

  /** Kills libvirtd, as a fault of its own would; resolves when the next one answers. The guests go on. */
  async crashDaemon(): Promise<void> {
    const pidFile = join(this.#directory, 'run/libvirtd.pid');
    const before = await readFile(pidFile, 'utf8');
    this.#daemon.signal('SIGUSR1');
    const deadline = performance.now() + RESTART_MS;
    while (!(await this.#isAnother(pidFile, before))) {
      if (performance.now() > deadline)
        throw new Error(`${this.name}: no new libvirtd after ${RESTART_MS} ms`);
      await setTimeout(50);
    }
  }

  /** Makes the host's folder of images a storage pool. */
  async addPool(name = 'images'): Promise<void> {
    await this.virsh('pool-create-as', name, 'dir', '--target', this.images);
  }

  /** Ends libvirtd and every guest, at once, as a power cut does; resolves when they are gone. Idempotent. */
  async end(): Promise<void> {
    await this.#daemon.end();
    await this.#console[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  async #isAnother(pidFile: string, before: string): Promise<boolean> {
    if ((await readFile(pidFile, 'utf8').catch(() => before)) === before) return false;
    const { status } = await run('virsh', ['--quiet', '--connect', this.uri, 'version'], {
      statuses: [0, 1],
    });
    return status === 0;
  }
}

/** The URI of a libvirtd at another socket than the usual one, such as that of a proxy before it. */
export function uriOf(socketPath: string): string {
  return `qemu+unix:///system?socket=${socketPath}`;
}

/** In the folder of images: what a guest's serial console connects to. */
export const CONSOLE = 'console.sock';

/** The process of that name among those that a process has started, and these, and so on. */
async function descendant(pid: number, name: string): Promise<number | undefined> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  for (const child of children.trim().split(' ').filter(Boolean).map(Number)) {
    const command = await readFile(`/proc/${child}/comm`, 'utf8');
    const found = command.trim() === name ? child : await descendant(child, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function socketOf({ directory }: LibvirtHostOptions): string {
  return join(directory, 'run/libvirt/libvirt-sock');
}

const RESTART_MS = 20_000;
const HOST_SCRIPT = fileURLToPath(new URL('../libvirt-host.sh', import.meta.url));
