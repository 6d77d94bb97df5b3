import type { DelegateCall, DelegateHost, DelegateSession, DelegateSource } from '../delegate-ports.js';
import { mebibytesEach } from '../policy/delegate-request.js';
import type { DestinationImage } from '../policy/destination-images.js';
import type { DiskResult } from '../result.js';
import { runToOutcome } from './delegate-call.js';
import { DelegateWatch, type MovingDisk } from './delegate-watch.js';
import type { Standstill } from './standstill.js';
import type { Strategy, StrategyContext } from './strategy.js';

export interface DelegateStrategyOptions {
  readonly source: DelegateSource;
  readonly host: DelegateHost;
  readonly call: DelegateCall;
  readonly disks: readonly MovingDisk[];
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
  readonly #watch: DelegateWatch;
  #session: DelegateSession | undefined;
  #bandwidth: number | undefined;
  #memoryIsLimited = false;

  constructor(options: DelegateStrategyOptions) {
    this.#options = options;
    this.#context = options.context;
    this.#watch = new DelegateWatch(options.disks, options.context);
    this.#bandwidth = options.context.bandwidth;
  }

  async run(): Promise<Standstill | undefined> {
    const { source, host, call } = this.#options;
    const { phases, signal, internals } = this.#context;
    this.#watch.advance('prepare');
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
      onSign: (sign) => this.#watch.onSign(sign),
      onTick: () => this.#look(session),
    });
    phases.commit();
    this.#watch.succeed();
    const ms = await session.downtimeMs();
    return ms === undefined ? undefined : { ms };
  }

  setBandwidth(bytesPerSecond: number): void {
    this.#bandwidth = bytesPerSecond;
    const { phases, emit } = this.#context;
    if (this.#session === undefined || phases.current === 'prepare') return;
    const message =
      "libvirt sets the speed of a disk's copy when that begins: the new limit is the memory's.";
    emit({ type: 'log', level: 'warning', message });
    void this.#limitMemory(this.#session);
  }

  results(): DiskResult[] {
    return this.#watch.results();
  }

  progress(): ReturnType<Strategy['progress']> {
    return this.#watch.progress();
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

  /** A look that fails tells nothing: the call itself fails, or the next look does not. */
  async #look(session: DelegateSession): Promise<void> {
    const sighting = await session.look(this.#watch.targets).catch(() => undefined);
    if (sighting === undefined) return;
    this.#watch.onSighting(sighting);
    if (sighting.memory === undefined || this.#memoryIsLimited) return;
    this.#memoryIsLimited = true;
    await this.#limitMemory(session);
  }

  /** Of the bandwidth the call has told libvirt each disk's share: memory may have it all. */
  async #limitMemory(session: DelegateSession): Promise<void> {
    const bandwidth = this.#bandwidth;
    if (bandwidth === undefined) return;
    await session.setMemorySpeed(bandwidth === 0 ? 0n : mebibytesEach(bandwidth, 1)).catch(() => undefined);
  }
}
