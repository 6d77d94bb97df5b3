import type { Domain } from '@blockferry/libvirt';
import type {
  CopySighting,
  DelegateCall,
  DelegateHost,
  DelegateSession,
  DelegateSign,
  GuestSighting,
} from '../../delegate-ports.js';
import { MigrationError } from '../../error.js';
import type { Side } from '../../error-code.js';
import { toMigrationError } from '../../failure.js';
import { destinationOf } from '../../libvirt-call.js';
import { unless } from './asked.js';
import { Daemon } from './daemon.js';
import { DomainSigns } from './domain-signs.js';
import { sightGuest } from './guest-sighting.js';
import { activeJob } from './job.js';
import { LibvirtHost } from './libvirt-host.js';
import { makeCall } from './make-call.js';

/** One of libvirt's migration calls on a domain, and what is to be known of it. */
export class LibvirtSession implements DelegateSession {
  readonly managed: boolean;
  readonly #source: Daemon;
  readonly #domain: Domain;
  readonly #call: DelegateCall;
  readonly #signs: DomainSigns;
  /** Where we have one of our own, or were given one. */
  #destination: Daemon | undefined;
  #ownDestination: Daemon | undefined;
  #hasFailed = false;

  constructor(source: Daemon, domain: Domain, call: DelegateCall, destination: Daemon | undefined) {
    this.managed = 'dest' in call;
    this.#source = source;
    this.#domain = domain;
    this.#call = call;
    this.#destination = destination;
    this.#signs = new DomainSigns(domain, destination?.connection);
  }

  async run(): Promise<void> {
    this.#source.migrations += 1;
    try {
      await makeCall(this.#domain, this.#call, connectionTo);
    } catch (error) {
      this.#hasFailed = true;
      // A call may fail before the loss of its connection is told.
      await this.#signs.checkConnections();
      throw toMigrationError(error);
    } finally {
      this.#source.migrations -= 1;
    }
  }

  /** What there is no job for, and what a lost connection says, is no fault: the call itself tells how it ends. */
  async abort(): Promise<void> {
    try {
      await using domain = await (await this.#source.renewed()).domainByUuid(this.#domain.uuid);
      await domain.abortJob();
    } catch {
      // See above.
    }
  }

  watch(onSign: (sign: DelegateSign) => void): Promise<void> {
    return this.#signs.begin(onSign);
  }

  async look(targets: readonly string[]): Promise<CopySighting> {
    const [stats, ...jobs] = await Promise.all([
      unless(ENDED, this.#domain.jobStats()),
      ...targets.map((target) => unless(ENDED, this.#domain.blockJobInfo(target))),
    ]);
    const disks: [string, { current: number; end: number }][] = [];
    for (const [index, target] of targets.entries()) {
      const job = jobs[index];
      if (job) disks.push([target, { current: job.current, end: job.end }]);
    }
    const statistic = (name: MemoryStatistic): number => Number(stats?.params.getULLong(name) ?? 0n);
    const total = statistic('memory_total');
    const memory = {
      total,
      processed: statistic('memory_processed'),
      remaining: statistic('memory_remaining'),
      iteration: statistic('memory_iteration'),
    };
    return { disks: new Map(disks), memory: total > 0 ? memory : undefined };
  }

  async locate(): Promise<Readonly<Record<Side, GuestSighting>>> {
    const { uuid } = this.#domain;
    const [source, destination] = await Promise.all([
      sightGuest(this.#source, uuid, 'source'),
      sightGuest(await this.#reachDestination(), uuid, 'destination'),
    ]);
    return { source, destination };
  }

  async downtimeMs(): Promise<number | undefined> {
    const told = this.#signs.downtimeMs;
    if (told !== undefined || this.#destination === undefined) return told;
    // The statistics are a nicety: the guest has arrived.
    return this.#statedDowntime(this.#destination).catch(() => undefined);
  }

  async setMemorySpeed(mebibytesPerSecond: bigint): Promise<void> {
    const speed = mebibytesPerSecond === 0n ? UNLIMITED_MEBIBYTES : Number(mebibytesPerSecond);
    await this.#domain.migrateSetMaxSpeed(speed);
  }

  async setMaxDowntime(ms: number): Promise<number> {
    await using domain = await (await this.#source.renewed()).domainByUuid(this.#domain.uuid);
    const before = await domain.migrateMaxDowntime();
    await domain.migrateSetMaxDowntime(ms);
    return before;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#signs[Symbol.asyncDispose]();
    if (this.managed && this.#hasFailed) await this.#letJobGo();
    await this.#domain.close();
    await this.#ownDestination?.close();
  }

  /**
   * A call that libvirt refuses in perform, for a parameter, leaves its job on the domain for as long as the connection
   * lives, and nobody could migrate it any more (11.3). Where the daemon does not answer, there is nothing to let go.
   */
  async #letJobGo(): Promise<void> {
    try {
      const job = this.#source.migrations === 0 ? await activeJob(this.#domain) : undefined;
      if (job === 'migration-out') await this.#source.replaced();
    } catch {
      // See above.
    }
  }

  /** A call that has but the destination's URI needs no connection of ours, until we want to know more. */
  async #reachDestination(): Promise<Daemon | undefined> {
    const uri = destinationOf(this.#call);
    if (this.#destination !== undefined || typeof uri !== 'string') return this.#destination;
    const signal = AbortSignal.timeout(REACH_MS);
    this.#ownDestination = await Daemon.connect(uri, { signal }).catch(() => undefined);
    this.#destination = this.#ownDestination;
    return this.#destination;
  }

  async #statedDowntime(destination: Daemon): Promise<number | undefined> {
    const connection = await destination.renewed();
    await using domain = await connection.domainByUuid(this.#domain.uuid);
    const { params } = await domain.jobStats(['COMPLETED', 'KEEP_COMPLETED']);
    const downtime = params.getULLong('downtime');
    return downtime === undefined ? undefined : Number(downtime);
  }
}

type MemoryStatistic = 'memory_total' | 'memory_processed' | 'memory_remaining' | 'memory_iteration';

function connectionTo(dest: DelegateHost): Daemon['connection'] {
  if (dest instanceof LibvirtHost) return dest.daemon.connection;
  throw new MigrationError('INVALID_ARGUMENT', 'A libvirt domain moves to a libvirt host: see openHost.');
}

/** The domain has left, or what was asked about has ended. */
const ENDED = ['NO_DOMAIN', 'OPERATION_INVALID', 'INVALID_ARG'] as const;
const REACH_MS = 10_000;
/** The most that libvirt takes: INT64_MAX bytes a second. */
const UNLIMITED_MEBIBYTES = 8_796_093_022_207;
