import { mkdir, readdir, readFile } from 'node:fs/promises';
import { LibvirtHost, Scratch, TwoHosts } from '@blockferry/lab';

/** A libvirtd of its own, without guests, that can be stopped in the middle of what it does. */
export class LibvirtDaemon implements AsyncDisposable {
  readonly #scratch: Scratch;
  readonly #network: TwoHosts;
  readonly #host: LibvirtHost;

  private constructor(scratch: Scratch, network: TwoHosts, host: LibvirtHost) {
    this.#scratch = scratch;
    this.#network = network;
    this.#host = host;
  }

  static async start(): Promise<LibvirtDaemon> {
    const scratch = new Scratch();
    const network = await TwoHosts.start();
    const images = scratch.join('images');
    await mkdir(images);
    const options = { name: 'host', directory: scratch.join('host'), images, network: network.source };
    return new LibvirtDaemon(scratch, network, await LibvirtHost.start(options));
  }

  get uri(): string {
    return this.#host.uri;
  }

  /** From here on it answers nothing; its socket is still there. */
  async freeze(): Promise<void> {
    process.kill(await this.#pid(), 'SIGSTOP');
  }

  /** At once, in the middle of whatever it does. */
  async kill(): Promise<void> {
    process.kill(await this.#pid(), 'SIGKILL');
    await this.#host.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host.end();
    await this.#network[Symbol.asyncDispose]();
    await this.#scratch[Symbol.asyncDispose]();
  }

  /** The child, called libvirtd, of the host's init, which is called with the host's folder. */
  async #pid(): Promise<number> {
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''); // it has ended meanwhile
      if (!command.includes('--init') || !command.includes(this.#scratch.path)) continue;
      const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
      for (const child of children.trim().split(' ')) {
        const name = await readFile(`/proc/${child}/comm`, 'utf8');
        if (name.trim() === 'libvirtd') return Number(child);
      }
    }
    throw new Error('libvirtd is not there');
  }
}
