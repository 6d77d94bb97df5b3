import type { BindingCheckpoint, BindingConnection, BindingDomain } from '@blockferry/libvirt-native';
import type { MigrationFlag, TypedParams } from '@blockferry/typed-params';
import type { CallOptions } from './call.js';
import type { Calls } from './calls.js';
import { Checkpoint } from './checkpoint.js';
import type { Connection } from './connection.js';
import {
  type BlockInfo,
  type BlockJobInfo,
  type DomainInfo,
  type DomainStatus,
  type JobInfo,
  type JobStats,
  toBlockInfo,
  toBlockJobInfo,
  toDomainInfo,
  toDomainStatus,
  toJobInfo,
  toJobStats,
} from './domain-info.js';
import { flagBits } from './flags.js';
import { connectionHandle, registerDomain } from './handles.js';
import { toNumber, toUnsigned64 } from './integers.js';
import { abortUntilSettled, migrationBits } from './migration.js';
import { type MigrationParams, migrationBytes, paramBytes, paramsOf } from './params.js';
import * as blockJobs from './tables/block-jobs.js';
import * as checkpoints from './tables/checkpoint-flags.js';
import * as flagsOf from './tables/domain-flags.js';
import * as jobs from './tables/jobs.js';

/**
 * A domain: a virtual machine. A `Connection` gives it, and `CLOSED` is what its calls reject with once that, or it, is
 * closed. Errors are those of {@link Connection}.
 *
 * Several objects may stand for one domain. An object's name and UUID do not change, its state is asked for.
 */
export class Domain implements AsyncDisposable {
  readonly connection: Connection;
  readonly name: string;
  readonly uuid: string;
  readonly #binding: BindingDomain;
  readonly #calls: Calls;

  /** What a connection does with what libvirt gives. */
  constructor(binding: BindingDomain, connection: Connection) {
    this.#binding = binding;
    this.#calls = connectionHandle(connection).calls;
    this.connection = connection;
    this.name = binding.name;
    this.uuid = binding.uuid;
    registerDomain(this, binding);
  }

  /** Its number while it runs, as of when it was looked up; undefined if it did not. */
  get id(): number | undefined {
    const id = this.#binding.id();
    return id < 0 ? undefined : id;
  }

  /** Lets go of libvirt's object; the domain goes on as it is. Idempotent. */
  async close(): Promise<void> {
    this.#binding.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // State and description

  /** Its state, and how it came to it. Source: libvirt, virDomainGetState. */
  state(options?: CallOptions): Promise<DomainStatus> {
    return this.#call(options, async (domain) => toDomainStatus(await domain.state()));
  }

  /** What it has and uses. Source: libvirt, virDomainGetInfo. */
  info(options?: CallOptions): Promise<DomainInfo> {
    return this.#call(options, async (domain) => toDomainInfo(await domain.info()));
  }

  /** Its description. Source: libvirt, virDomainGetXMLDesc. */
  xml(flags?: readonly flagsOf.DomainXmlFlag[], options?: CallOptions): Promise<string> {
    return this.#call(options, (domain) => domain.xml(flagBits(flagsOf.domainXmlFlags, flags)));
  }

  /** Whether it runs, or is paused. Source: libvirt, virDomainIsActive. */
  isActive(options?: CallOptions): Promise<boolean> {
    return this.#call(options, (domain) => domain.isActive());
  }

  /** Whether it is defined, and so stays when it ends. Source: libvirt, virDomainIsPersistent. */
  isPersistent(options?: CallOptions): Promise<boolean> {
    return this.#call(options, (domain) => domain.isPersistent());
  }

  // Life

  /** Starts a defined domain. Source: libvirt, virDomainCreateWithFlags. */
  create(flags?: readonly flagsOf.DomainCreateFlag[], options?: CallOptions): Promise<void> {
    return this.#call(options, (domain) => domain.create(flagBits(flagsOf.domainCreateFlags, flags)));
  }

  /** Ends it by force, as a power cut does. Source: libvirt, virDomainDestroyFlags. */
  destroy(flags?: readonly flagsOf.DomainDestroyFlag[], options?: CallOptions): Promise<void> {
    return this.#call(options, (domain) => domain.destroy(flagBits(flagsOf.domainDestroyFlags, flags)));
  }

  /** Asks the guest to shut down, and does not wait for it. Source: libvirt, virDomainShutdownFlags. */
  shutdown(flags?: readonly flagsOf.DomainShutdownFlag[], options?: CallOptions): Promise<void> {
    return this.#call(options, (domain) => domain.shutdown(flagBits(flagsOf.domainShutdownFlags, flags)));
  }

  /** Pauses the guest. Source: libvirt, virDomainSuspend. */
  suspend(options?: CallOptions): Promise<void> {
    return this.#call(options, (domain) => domain.suspend());
  }

  /** Lets a paused guest run. Source: libvirt, virDomainResume. */
  resume(options?: CallOptions): Promise<void> {
    return this.#call(options, (domain) => domain.resume());
  }

  /** Forgets its definition; a domain that runs goes on until it ends. Source: libvirt, virDomainUndefineFlags. */
  undefine(flags?: readonly flagsOf.DomainUndefineFlag[], options?: CallOptions): Promise<void> {
    return this.#call(options, (domain) => domain.undefine(flagBits(flagsOf.domainUndefineFlags, flags)));
  }

  // Migration. When its signal aborts one of these calls it rejects at once, and the migration is aborted: it may have
  // been too late for that, so look where the guest runs.

  /**
   * Moves the guest to where `dest` leads, and resolves with the domain there.
   *
   * @param bandwidth MiB a second, 0 for no limit.
   *
   * Source: libvirt, virDomainMigrate.
   */
  migrate(
    dest: Connection,
    flags: readonly MigrationFlag[],
    dname?: string | null,
    uri?: string | null,
    bandwidth = 0,
    options?: CallOptions,
  ): Promise<Domain> {
    return this.#migrateTo(dest, options, (domain, to) => {
      const limit = toUnsigned64('the bandwidth', bandwidth);
      return domain.migrate(to, migrationBits(flags), dname ?? null, uri ?? null, limit);
    });
  }

  /**
   * The same, with a description of the domain for the destination.
   *
   * @param bandwidth MiB a second, 0 for no limit.
   *
   * Source: libvirt, virDomainMigrate2.
   */
  migrate2(
    dest: Connection,
    dxml: string | null | undefined,
    flags: readonly MigrationFlag[],
    dname?: string | null,
    uri?: string | null,
    bandwidth = 0,
    options?: CallOptions,
  ): Promise<Domain> {
    return this.#migrateTo(dest, options, (domain, to) => {
      const limit = toUnsigned64('the bandwidth', bandwidth);
      return domain.migrate2(to, dxml ?? null, migrationBits(flags), dname ?? null, uri ?? null, limit);
    });
  }

  /** The same with typed parameters, `migrate_disks` among them. Source: libvirt, virDomainMigrate3. */
  migrate3(
    dest: Connection,
    params: MigrationParams,
    flags: readonly MigrationFlag[],
    options?: CallOptions,
  ): Promise<Domain> {
    return this.#migrateTo(dest, options, (domain, to) =>
      domain.migrate3(to, migrationBytes(params), migrationBits(flags)),
    );
  }

  /**
   * Moves the guest to where `duri` leads; with `PEER2PEER` the source's daemon connects there.
   *
   * @param bandwidth MiB a second, 0 for no limit.
   *
   * Source: libvirt, virDomainMigrateToURI.
   */
  migrateToURI(
    duri: string | null | undefined,
    flags: readonly MigrationFlag[],
    dname?: string | null,
    bandwidth = 0,
    options?: CallOptions,
  ): Promise<void> {
    return this.#migrate(options, (domain) => {
      const limit = toUnsigned64('the bandwidth', bandwidth);
      return domain.migrateToUri(duri ?? null, migrationBits(flags), dname ?? null, limit);
    });
  }

  /**
   * The same, with the destination's daemon and the place for the guest's state apart, and a description of the domain.
   *
   * @param bandwidth MiB a second, 0 for no limit.
   *
   * Source: libvirt, virDomainMigrateToURI2.
   */
  migrateToURI2(
    dconnuri: string | null | undefined,
    miguri: string | null | undefined,
    dxml: string | null | undefined,
    flags: readonly MigrationFlag[],
    dname?: string | null,
    bandwidth = 0,
    options?: CallOptions,
  ): Promise<void> {
    return this.#migrate(options, (domain) => {
      const limit = toUnsigned64('the bandwidth', bandwidth);
      const [uri, xml, name] = [miguri ?? null, dxml ?? null, dname ?? null];
      return domain.migrateToUri2(dconnuri ?? null, uri, xml, migrationBits(flags), name, limit);
    });
  }

  /** The same with typed parameters, `migrate_disks` among them. Source: libvirt, virDomainMigrateToURI3. */
  migrateToURI3(
    dconnuri: string | null | undefined,
    params: MigrationParams,
    flags: readonly MigrationFlag[],
    options?: CallOptions,
  ): Promise<void> {
    return this.#migrate(options, (domain) =>
      domain.migrateToUri3(dconnuri ?? null, migrationBytes(params), migrationBits(flags)),
    );
  }

  /** Limits a migration to so many MiB a second, 0 to 2^53-1. Source: libvirt, virDomainMigrateSetMaxSpeed. */
  migrateSetMaxSpeed(
    mibPerSecond: number,
    flags?: readonly jobs.MigrateMaxSpeedFlag[],
    options?: CallOptions,
  ): Promise<void> {
    return this.#call(options, (domain) => {
      const limit = toUnsigned64('the speed', mibPerSecond);
      return domain.migrateSetMaxSpeed(limit, flagBits(jobs.migrateMaxSpeedFlags, flags));
    });
  }

  /** The limit of a migration in MiB a second. Source: libvirt, virDomainMigrateGetMaxSpeed. */
  migrateMaxSpeed(flags?: readonly jobs.MigrateMaxSpeedFlag[], options?: CallOptions): Promise<number> {
    return this.#call(options, async (domain) =>
      toNumber('the speed', await domain.migrateMaxSpeed(flagBits(jobs.migrateMaxSpeedFlags, flags))),
    );
  }

  /** How many milliseconds a live migration may stop the guest. Source: libvirt, virDomainMigrateSetMaxDowntime. */
  migrateSetMaxDowntime(milliseconds: number, options?: CallOptions): Promise<void> {
    return this.#call(options, (domain) =>
      domain.migrateSetMaxDowntime(toUnsigned64('the downtime', milliseconds), 0),
    );
  }

  /** The same, as it is, in milliseconds. Source: libvirt, virDomainMigrateGetMaxDowntime. */
  migrateMaxDowntime(options?: CallOptions): Promise<number> {
    return this.#call(options, async (domain) =>
      toNumber('the downtime', await domain.migrateMaxDowntime(0)),
    );
  }

  // Jobs

  /** How far its job is. Source: libvirt, virDomainGetJobInfo. */
  jobInfo(options?: CallOptions): Promise<JobInfo> {
    return this.#call(options, async (domain) => toJobInfo(await domain.jobInfo()));
  }

  /** The same with all statistics that there are. Source: libvirt, virDomainGetJobStats. */
  jobStats(flags?: readonly jobs.JobStatsFlag[], options?: CallOptions): Promise<JobStats> {
    return this.#call(options, async (domain) =>
      toJobStats(await domain.jobStats(flagBits(jobs.jobStatsFlags, flags))),
    );
  }

  /** Aborts its job: a migration, a backup. Source: libvirt, virDomainAbortJobFlags. */
  abortJob(flags?: readonly jobs.AbortJobFlag[], options?: CallOptions): Promise<void> {
    return this.#call(options, (domain) => domain.abortJob(flagBits(jobs.abortJobFlags, flags)));
  }

  // Disks. One is named by its target (`vda`) or its path.

  /** The size of a disk. Source: libvirt, virDomainGetBlockInfo. */
  blockInfo(disk: string, options?: CallOptions): Promise<BlockInfo> {
    return this.#call(options, async (domain) => toBlockInfo(await domain.blockInfo(disk, 0)));
  }

  /** How far a disk's job is; null if it has none. Source: libvirt, virDomainGetBlockJobInfo. */
  blockJobInfo(
    disk: string,
    flags?: readonly blockJobs.BlockJobInfoFlag[],
    options?: CallOptions,
  ): Promise<BlockJobInfo | null> {
    return this.#call(options, async (domain) =>
      toBlockJobInfo(await domain.blockJobInfo(disk, flagBits(blockJobs.blockJobInfoFlags, flags))),
    );
  }

  /** Ends a disk's job. Source: libvirt, virDomainBlockJobAbort. */
  blockJobAbort(
    disk: string,
    flags?: readonly blockJobs.BlockJobAbortFlag[],
    options?: CallOptions,
  ): Promise<void> {
    return this.#call(options, (domain) =>
      domain.blockJobAbort(disk, flagBits(blockJobs.blockJobAbortFlags, flags)),
    );
  }

  /**
   * Limits a disk's job, to MiB a second unless `BANDWIDTH_BYTES` says otherwise; 0 lifts the limit. Source: libvirt,
   * virDomainBlockJobSetSpeed.
   */
  blockJobSetSpeed(
    disk: string,
    bandwidth: number,
    flags?: readonly blockJobs.BlockJobSpeedFlag[],
    options?: CallOptions,
  ): Promise<void> {
    return this.#call(options, (domain) => {
      const limit = toUnsigned64('the bandwidth', bandwidth);
      return domain.blockJobSetSpeed(disk, limit, flagBits(blockJobs.blockJobSpeedFlags, flags));
    });
  }

  // Backup and checkpoints

  /** Begins a backup, in pull mode as a server of the disks; `abortJob` ends it. Source: libvirt, virDomainBackupBegin. */
  backupBegin(
    backupXml: string,
    checkpointXml?: string | null,
    flags?: readonly checkpoints.BackupFlag[],
    options?: CallOptions,
  ): Promise<void> {
    return this.#call(options, (domain) =>
      domain.backupBegin(backupXml, checkpointXml ?? null, flagBits(checkpoints.backupFlags, flags)),
    );
  }

  /** The description of the backup that runs. Source: libvirt, virDomainBackupGetXMLDesc. */
  backupXml(options?: CallOptions): Promise<string> {
    return this.#call(options, (domain) => domain.backupXml(0));
  }

  /** Makes a checkpoint: from now on changes are recorded. Source: libvirt, virDomainCheckpointCreateXML. */
  checkpointCreate(
    xml: string,
    flags?: readonly checkpoints.CheckpointCreateFlag[],
    options?: CallOptions,
  ): Promise<Checkpoint> {
    const start = (domain: BindingDomain): Promise<BindingCheckpoint> =>
      domain.checkpointCreate(xml, flagBits(checkpoints.checkpointCreateFlags, flags));
    return this.#call(options, start).then(this.#checkpoint);
  }

  /** Its checkpoints. Source: libvirt, virDomainListAllCheckpoints. */
  async checkpoints(
    flags?: readonly checkpoints.CheckpointListFlag[],
    options?: CallOptions,
  ): Promise<Checkpoint[]> {
    const found = await this.#call(options, (domain) =>
      domain.checkpoints(flagBits(checkpoints.checkpointListFlags, flags)),
    );
    return found.map(this.#checkpoint);
  }

  /** The checkpoint of a name; `NO_DOMAIN_CHECKPOINT` if there is none. Source: libvirt, virDomainCheckpointLookupByName. */
  checkpointByName(name: string, options?: CallOptions): Promise<Checkpoint> {
    return this.#call(options, (domain) => domain.checkpointByName(name, 0)).then(this.#checkpoint);
  }

  // Tuning

  /** Limits of its memory. Source: libvirt, virDomainGetMemoryParameters. */
  memoryParameters(flags?: Impact, options?: CallOptions): Promise<TypedParams> {
    return this.#read('memoryParameters', flags, options);
  }

  /** Changes those that are given. Source: libvirt, virDomainSetMemoryParameters. */
  setMemoryParameters(params: TypedParams, flags?: Impact, options?: CallOptions): Promise<void> {
    return this.#write('setMemoryParameters', params, flags, options);
  }

  /** Shares and limits of processor time. Source: libvirt, virDomainGetSchedulerParametersFlags. */
  schedulerParameters(flags?: Impact, options?: CallOptions): Promise<TypedParams> {
    return this.#read('schedulerParameters', flags, options);
  }

  /** Changes those that are given. Source: libvirt, virDomainSetSchedulerParametersFlags. */
  setSchedulerParameters(params: TypedParams, flags?: Impact, options?: CallOptions): Promise<void> {
    return this.#write('setSchedulerParameters', params, flags, options);
  }

  /** Shares and limits of disk traffic. Source: libvirt, virDomainGetBlkioParameters. */
  blkioParameters(flags?: Impact, options?: CallOptions): Promise<TypedParams> {
    return this.#read('blkioParameters', flags, options);
  }

  /** Changes those that are given. Source: libvirt, virDomainSetBlkioParameters. */
  setBlkioParameters(params: TypedParams, flags?: Impact, options?: CallOptions): Promise<void> {
    return this.#write('setBlkioParameters', params, flags, options);
  }

  /** The host's NUMA nodes that its memory comes from. Source: libvirt, virDomainGetNumaParameters. */
  numaParameters(flags?: Impact, options?: CallOptions): Promise<TypedParams> {
    return this.#read('numaParameters', flags, options);
  }

  /** Changes those that are given. Source: libvirt, virDomainSetNumaParameters. */
  setNumaParameters(params: TypedParams, flags?: Impact, options?: CallOptions): Promise<void> {
    return this.#write('setNumaParameters', params, flags, options);
  }

  /** Limits of a disk's traffic. Source: libvirt, virDomainGetBlockIoTune. */
  blockIoTune(disk: string, flags?: Impact, options?: CallOptions): Promise<TypedParams> {
    return this.#call(options, async (domain) => paramsOf(await domain.blockIoTune(disk, impact(flags))));
  }

  /** Changes those that are given. Source: libvirt, virDomainSetBlockIoTune. */
  setBlockIoTune(disk: string, params: TypedParams, flags?: Impact, options?: CallOptions): Promise<void> {
    return this.#call(options, (domain) => domain.setBlockIoTune(disk, paramBytes(params), impact(flags)));
  }

  // QEMU

  /**
   * Sends a command to QEMU's monitor behind libvirt's back, and resolves with the answer, both as text. What it changes
   * libvirt does not know of. Source: libvirt, virDomainQemuMonitorCommand.
   */
  qemuMonitorCommand(
    command: string,
    flags?: readonly flagsOf.QemuMonitorFlag[],
    options?: CallOptions,
  ): Promise<string> {
    return this.#call(options, (domain) =>
      domain.qemuMonitorCommand(command, flagBits(flagsOf.qemuMonitorFlags, flags)),
    );
  }

  readonly #checkpoint = (binding: BindingCheckpoint): Checkpoint => new Checkpoint(binding, this);

  #call<T>(options: CallOptions | undefined, start: (domain: BindingDomain) => Promise<T>): Promise<T> {
    return this.#calls.run(options, () => start(this.#binding));
  }

  #migrate<T>(options: CallOptions | undefined, start: (domain: BindingDomain) => Promise<T>): Promise<T> {
    const domain = this.#binding;
    return this.#calls.run(options, () => start(domain), {
      onAbort: (running) => void abortUntilSettled(domain, running),
    });
  }

  /** The daemon there may hang as well. */
  async #migrateTo(
    dest: Connection,
    options: CallOptions | undefined,
    start: (domain: BindingDomain, to: BindingConnection) => Promise<BindingDomain>,
  ): Promise<Domain> {
    const moved = await this.#migrate(options, async (domain) => {
      const { binding, calls } = connectionHandle(dest);
      return calls.run(undefined, () => start(domain, binding));
    });
    return new Domain(moved, dest);
  }

  #read(getter: Getter, flags: Impact | undefined, options: CallOptions | undefined): Promise<TypedParams> {
    return this.#call(options, async (domain) => paramsOf(await domain[getter](impact(flags))));
  }

  #write(
    setter: Setter,
    params: TypedParams,
    flags: Impact | undefined,
    options: CallOptions | undefined,
  ): Promise<void> {
    return this.#call(options, (domain) => domain[setter](paramBytes(params), impact(flags)));
  }
}

type Impact = readonly flagsOf.ModificationFlag[];
type Tunable = 'Memory' | 'Scheduler' | 'Blkio' | 'Numa';
type Getter = `${Uncapitalize<Tunable>}Parameters`;
type Setter = `set${Tunable}Parameters`;

function impact(flags: Impact | undefined): number {
  return flagBits(flagsOf.modificationFlags, flags);
}
