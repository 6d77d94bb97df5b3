import type {
  CopySighting,
  DelegateCall,
  DelegateDisk,
  DelegateHost,
  DelegateSession,
  DelegateSign,
  DelegateSource,
} from '../delegate-ports.js';
import { PHASES, type Phase } from '../phase.js';
import { CopyProgress } from '../policy/copy-progress.js';
import { mebibytesEach } from '../policy/delegate-request.js';
import type { DestinationImage } from '../policy/destination-images.js';
import type { DiskResult } from '../result.js';
import { runToOutcome } from './delegate-call.js';
import type { Strategy, StrategyContext } from './strategy.js';

export interface DelegateStrategyOptions {
  readonly source: DelegateSource;
  readonly host: DelegateHost;
  readonly call: DelegateCall;
  /** Those that move, and what the user calls them. */
  readonly disks: readonly { readonly info: DelegateDisk; readonly disk: string }[];
  /** To be made on the destination. */
  readonly newImages: readonly DestinationImage[];
  readonly maxDowntimeMs: number | undefined;
  readonly context: StrategyContext;
}

/**
 * Leaves the work to the hypervisor's daemons, and follows it: images before it, phases and progress beside it, and
 * what really became of the guest after it.
 */
export class DelegateStrategy implements Strategy {
  readonly rounds = 0;
  readonly #options: DelegateStrategyOptions;
  readonly #context: StrategyContext;
  /** By target. */
  readonly #copies: ReadonlyMap<string, CopyProgress>;
  #session: DelegateSession | undefined;
  #bandwidth: number | undefined;
  #iteration = -1;

  constructor(options: DelegateStrategyOptions) {
    this.#options = options;
    this.#context = options.context;
    this.#bandwidth = options.context.bandwidth;
    this.#copies = new Map(
      options.disks.map(({ info, disk }) => [info.target, new CopyProgress(disk, info.size)]),
    );
  }

  async run(): Promise<number | undefined> {
    const { source, host, call } = this.#options;
    const { phases, signal, internals } = this.#context;
    this.#advance('prepare');
    signal.throwIfAborted();
    await using session = await source.open(call, host);
    this.#session = session;
    await this.#createImages();
    await this.#setMaxDowntime(session);
    signal.throwIfAborted();
    await runToOutcome(session, {
      signal,
      verify: true,
      deadlineMs: internals.handOverTimeoutMs,
      onSign: (sign) => this.#onSign(sign),
      onTick: () => this.#look(session),
    });
    phases.commit();
    this.#advance('confirm');
    for (const copy of this.#copies.values()) copy.complete();
    this.#tellProgress();
    return session.downtimeMs();
  }

  setBandwidth(bytesPerSecond: number): void {
    this.#bandwidth = bytesPerSecond;
    const { phases } = this.#context;
    if (this.#session === undefined || phases.current === 'prepare') return;
    this.#log(
      'warning',
      "libvirt sets the speed of a disk's copy when that begins: the new limit is the memory's.",
    );
    void this.#limitMemory(this.#session);
  }

  results(): DiskResult[] {
    return this.#options.disks.map(({ info, disk }) => ({
      disk,
      size: info.size,
      bytesMoved: this.#copies.get(info.target)?.read().bytesDone ?? 0,
      bytesZeroed: 0,
      bytesSkipped: 0,
      rounds: 0,
    }));
  }

  progress(): ReturnType<Strategy['progress']> {
    return [...this.#copies.values()].map((copy) => ({ ...copy.read(), round: 0 }));
  }

  /** libvirt would make some of them itself, fully allocated, and never remove them. */
  async #createImages(): Promise<void> {
    const { host, newImages } = this.#options;
    const { phases, signal } = this.#context;
    for (const { disk, source, place, format } of newImages) {
      signal.throwIfAborted();
      await host.createImage(place, { size: source.size, format });
      phases.onFailure(`remove the image made for ${disk}`, () => host.removeImage(place));
    }
  }

  async #setMaxDowntime(session: DelegateSession): Promise<void> {
    const { maxDowntimeMs } = this.#options;
    if (maxDowntimeMs === undefined) return;
    const before = await session.setMaxDowntime(maxDowntimeMs);
    this.#context.phases.onFailure('put the downtime limit back', async () => {
      await session.setMaxDowntime(before);
    });
  }

  #onSign(told: DelegateSign): void {
    const { sign } = told;
    if (sign === 'ready') {
      this.#copies.get(told.target)?.complete();
      this.#advance('bulk');
      if ([...this.#copies.values()].every(({ ready }) => ready)) this.#advance('precopy');
    }
    if (sign === 'suspended') this.#advance('switchover');
    if (sign === 'arrived') this.#advance('finish');
    if (sign === 'left') this.#advance('confirm');
  }

  /** A look that fails tells nothing: the call itself fails, or the next look does not. */
  async #look(session: DelegateSession): Promise<void> {
    const targets = this.#options.disks.map(({ info }) => info.target);
    const sighting = await session.look(targets).catch(() => undefined);
    if (sighting === undefined) return;
    this.#follow(sighting);
    if (sighting.disks.size > 0) this.#tellProgress();
    if (sighting.memory !== undefined) await this.#followMemory(session, sighting.memory);
  }

  #follow({ disks, memory }: CopySighting): void {
    const now = performance.now();
    for (const [target, seen] of disks) this.#copies.get(target)?.update(seen, now);
    if (disks.size > 0) this.#advance('bulk');
    const copies = [...this.#copies.values()];
    // libvirt sends memory once every disk's copy is ready; a copy that is over by then has ended well.
    if (memory !== undefined) {
      for (const [target, copy] of this.#copies) if (!disks.has(target)) copy.complete();
      this.#advance('state');
    } else if (copies.length > 0 && copies.every(({ ready }) => ready)) this.#advance('precopy');
  }

  async #followMemory(
    session: DelegateSession,
    { iteration, remaining, total }: NonNullable<CopySighting['memory']>,
  ): Promise<void> {
    if (iteration === this.#iteration) return;
    if (this.#iteration < 0) await this.#limitMemory(session);
    this.#iteration = iteration;
    this.#log(
      'info',
      `Memory, pass ${Math.max(1, iteration)}: ${mebibytes(remaining)} of ${mebibytes(total)} MiB to send.`,
    );
  }

  /** Of the bandwidth the call has told libvirt each disk's share: memory may have it all. */
  async #limitMemory(session: DelegateSession): Promise<void> {
    const bandwidth = this.#bandwidth;
    if (bandwidth === undefined) return;
    await session.setMemorySpeed(bandwidth === 0 ? 0n : mebibytesEach(bandwidth, 1)).catch(() => undefined);
  }

  /** Announces the phases up to this one; a later one that has begun already stays. */
  #advance(to: Phase): void {
    const { phases } = this.#context;
    for (const phase of PHASES.slice(PHASES.indexOf(phases.current) + 1, PHASES.indexOf(to) + 1)) {
      phases.enter(phase);
    }
  }

  #tellProgress(): void {
    const { emit, phases } = this.#context;
    for (const copy of this.progress()) {
      emit({ type: 'progress', phase: phases.current, ...copy }, `progress ${copy.disk}`);
    }
  }

  #log(level: 'info' | 'warning', message: string): void {
    this.#context.emit({ type: 'log', level, message });
  }
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
