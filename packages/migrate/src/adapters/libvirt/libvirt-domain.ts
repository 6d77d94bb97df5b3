import type { Connection, Domain } from '@blockferry/libvirt';
import type {
  DelegateCall,
  DelegateDisk,
  DelegateHost,
  DelegateSession,
  DelegateSource,
  DiskDefinition,
  SourceSurvey,
} from '../../delegate-ports.js';
import type { DomainConnection } from '../../domain.js';
import { MigrationError } from '../../error.js';
import { ofSide, unless } from './asked.js';
import { Daemon } from './daemon.js';
import { disksOfDomain } from './domain-xml.js';
import { hostUuid } from './host-xml.js';
import { activeJob } from './job.js';
import { LibvirtHost } from './libvirt-host.js';
import { LibvirtSession } from './libvirt-session.js';

/** Connects to a libvirt host, and finds a domain there by its name or UUID. */
export async function openLibvirtDomain(
  uri: string,
  domain: string | undefined,
  options: { readonly signal?: AbortSignal },
): Promise<DomainConnection> {
  if (domain === undefined) {
    throw new MigrationError('INVALID_ARGUMENT', `Which domain of ${uri}? Give its name or UUID (--domain).`);
  }
  const daemon = await Daemon.connect(uri, options);
  try {
    await using found = await lookUp(daemon.connection, domain);
    return new LibvirtDomain(daemon, found.name, found.uuid);
  } catch (error) {
    await daemon.close();
    throw error;
  }
}

class LibvirtDomain implements DomainConnection, DelegateSource {
  readonly strategy = 'delegate';
  readonly name: string;
  readonly uuid: string;
  readonly #daemon: Daemon;

  constructor(daemon: Daemon, name: string, uuid: string) {
    this.#daemon = daemon;
    this.name = name;
    this.uuid = uuid;
  }

  get uri(): string {
    return this.#daemon.uri;
  }

  get port(): this {
    return this;
  }

  disks(): Promise<DelegateDisk[]> {
    return ofSide('source', async () => {
      await using domain = await this.#domain();
      const definitions = disksOfDomain(await domain.xml());
      return await Promise.all(definitions.map((definition) => describeDisk(domain, definition)));
    });
  }

  disksOf(xml: string): DiskDefinition[] {
    return disksOfDomain(xml);
  }

  survey(): Promise<SourceSurvey> {
    return ofSide('source', async () => {
      await using domain = await this.#domain();
      const [{ state }, capabilities, job] = await Promise.all([
        domain.state(),
        domain.connection.capabilities(),
        activeJob(domain),
      ]);
      // A migration has block jobs of its own.
      const blockJobs = job === undefined ? await blockJobsOf(domain) : [];
      return { hostUuid: hostUuid(capabilities), name: this.name, uuid: this.uuid, state, job, blockJobs };
    });
  }

  async open(call: DelegateCall, host?: DelegateHost): Promise<DelegateSession> {
    const destination = 'dest' in call ? call.dest : host;
    if (destination !== undefined && !(destination instanceof LibvirtHost)) {
      throw new MigrationError('INVALID_ARGUMENT', 'A libvirt domain moves to a libvirt host: see openHost.');
    }
    await destination?.daemon.renewed();
    return new LibvirtSession(this.#daemon, await this.#domain(), call, destination?.daemon);
  }

  close(): Promise<void> {
    return this.#daemon.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #domain(): Promise<Domain> {
    return (await this.#daemon.renewed()).domainByUuid(this.uuid);
  }
}

/** A name may look like a UUID: whichever there is. */
async function lookUp(connection: Connection, domain: string): Promise<Domain> {
  const byUuid = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(domain)
    ? await unless(['NO_DOMAIN'], connection.domainByUuid(domain))
    : undefined;
  return byUuid ?? connection.domainByName(domain);
}

/** The targets of the disks on which one works. */
async function blockJobsOf(domain: Domain): Promise<string[]> {
  const disks = disksOfDomain(await domain.xml()).filter(({ place }) => place !== undefined);
  const jobs = disks.map(async ({ target }) => {
    const job = await unless(NOT_RUNNING, domain.blockJobInfo(target));
    return job ? [target] : [];
  });
  return (await Promise.all(jobs)).flat();
}

async function describeDisk(domain: Domain, definition: DiskDefinition): Promise<DelegateDisk> {
  const { target, place } = definition;
  const empty = place === undefined;
  // What cannot be told of a disk that is not to move is of no interest, and libvirt finds the rest.
  const info = empty ? undefined : await unless(UNKNOWN_SIZE, domain.blockInfo(target));
  return {
    ...definition,
    id: target,
    disk: target,
    names: [target],
    size: info?.capacity ?? 0,
    empty,
    allocatedBytes: info?.allocation ?? 0,
    onNetwork: place?.kind === 'network',
  };
}

const NOT_RUNNING = ['OPERATION_INVALID', 'NO_SUPPORT'] as const;
const UNKNOWN_SIZE = [
  'OPERATION_INVALID',
  'OPERATION_FAILED',
  'NO_SUPPORT',
  'INTERNAL_ERROR',
  'INVALID_ARG',
  'SYSTEM_ERROR',
] as const;
