import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { run } from './process.js';

/** A host of its own on the network: a network namespace. Files and processes are the machine's. */
export interface NetworkHost {
  readonly name: string;
  readonly address: string;
  /** What a command begins with to run on this host. */
  readonly prefix: readonly string[];
}

/**
 * Two hosts on one machine, joined by a cable and by nothing else. Takes root and `ip`: see `requires('namespaces')`.
 *
 * The kernel frees a namespace with its last process, so end those before, or dispose of them after this.
 */
export class TwoHosts implements AsyncDisposable {
  readonly source: NetworkHost;
  readonly destination: NetworkHost;

  private constructor(run: string) {
    this.source = host(`${run}-source`, 1);
    this.destination = host(`${run}-destination`, 2);
  }

  /** Also removes the hosts of runs that did not live to do it. */
  static async start(): Promise<TwoHosts> {
    await removeStale();
    const hosts = new TwoHosts(`${PREFIX}${process.pid}-${randomBytes(3).toString('hex')}`);
    try {
      await hosts.#build();
      return hosts;
    } catch (error) {
      await hosts[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Gives the source's host one more address: for a relay that stands in for the destination there. */
  async addSourceAddress(address: string): Promise<void> {
    await ip('-n', this.source.name, 'address', 'add', `${address}/32`, 'dev', 'lo');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await remove([this.source.name, this.destination.name]);
  }

  async #build(): Promise<void> {
    const { source, destination } = this;
    for (const { name } of [source, destination]) {
      await ip('netns', 'add', name);
      await ip('-n', name, 'link', 'set', 'lo', 'up');
    }
    // Both ends are made where they belong: nothing of it shows on the machine, and it goes with either host.
    const cable = ['link', 'add', CABLE, 'type', 'veth', 'peer', 'name', CABLE, 'netns', destination.name];
    await ip('-n', source.name, ...cable);
    for (const { name, address } of [source, destination]) {
      await ip('-n', name, 'address', 'add', `${address}/24`, 'dev', CABLE);
      await ip('-n', name, 'link', 'set', CABLE, 'up');
    }
  }
}

function host(name: string, number: number): NetworkHost {
  return { name, address: `10.77.0.${number}`, prefix: ['ip', 'netns', 'exec', name] };
}

async function removeStale(): Promise<void> {
  const names = await readdir('/run/netns').catch(() => []); // nobody has ever made one
  await remove(names.filter((name) => isStale(name)));
}

/** Whether a name says that a process made it which is no more. */
function isStale(name: string): boolean {
  if (!name.startsWith(PREFIX)) return false;
  try {
    process.kill(Number.parseInt(name.slice(PREFIX.length), 10), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

async function remove(names: readonly string[]): Promise<void> {
  const present = new Set(await readdir('/run/netns').catch(() => []));
  for (const name of names) if (present.has(name)) await ip('netns', 'delete', name);
}

async function ip(...args: string[]): Promise<void> {
  await run('ip', args);
}

const PREFIX = 'blockferry-lab-';
const CABLE = 'cable';
