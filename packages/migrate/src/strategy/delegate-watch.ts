import type { CopySighting, DelegateDisk, DelegateSign } from '../delegate-ports.js';
import { PHASES, type Phase } from '../phase.js';
import { CopyProgress } from '../policy/copy-progress.js';
import type { DiskResult } from '../result.js';
import type { Strategy, StrategyContext } from './strategy.js';

/** A disk that moves, and what the user calls it. */
export interface MovingDisk {
  readonly info: DelegateDisk;
  readonly disk: string;
}

/** Makes phases and progress of what the daemons tell. */
export class DelegateWatch {
  readonly #disks: readonly MovingDisk[];
  readonly #context: Pick<StrategyContext, 'phases' | 'emit'>;
  /** By target. */
  readonly #copies: ReadonlyMap<string, CopyProgress>;
  #iteration: number | undefined;

  constructor(disks: readonly MovingDisk[], context: Pick<StrategyContext, 'phases' | 'emit'>) {
    this.#disks = disks;
    this.#context = context;
    this.#copies = new Map(disks.map(({ info, disk }) => [info.target, new CopyProgress(disk, info.size)]));
  }

  get targets(): string[] {
    return [...this.#copies.keys()];
  }

  onSign(told: DelegateSign): void {
    switch (told.sign) {
      case 'ready':
        this.#copies.get(told.target)?.complete();
        this.advance('bulk');
        this.#precopyWhenReady();
        break;
      case 'suspended':
        this.advance('switchover');
        break;
      case 'arrived':
        this.advance('finish');
        break;
      case 'left':
        this.advance('confirm');
        break;
      case 'lost':
        break;
    }
  }

  onSighting({ disks, memory }: CopySighting): void {
    const now = performance.now();
    for (const [target, seen] of disks) this.#copies.get(target)?.update(seen, now);
    if (disks.size > 0) this.advance('bulk');
    if (memory === undefined) {
      this.#precopyWhenReady();
    } else {
      // libvirt sends memory once every disk's copy is ready; one that is over by then has ended well.
      for (const [target, copy] of this.#copies) if (!disks.has(target)) copy.complete();
      this.advance('state');
      this.#tellMemory(memory);
    }
    if (disks.size > 0) this.#tellProgress();
  }

  /** The guest has arrived: all that was to be copied has been. */
  succeed(): void {
    this.advance('confirm');
    for (const copy of this.#copies.values()) copy.complete();
    this.#tellProgress();
  }

  /** Announces the phases up to this one; a later one that has begun already stays. */
  advance(to: Phase): void {
    const { phases } = this.#context;
    for (const phase of PHASES.slice(PHASES.indexOf(phases.current) + 1, PHASES.indexOf(to) + 1)) {
      phases.enter(phase);
    }
  }

  results(): DiskResult[] {
    return this.#disks.map(({ info, disk }) => ({
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

  #precopyWhenReady(): void {
    const copies = [...this.#copies.values()];
    if (copies.length > 0 && copies.every(({ ready }) => ready)) this.advance('precopy');
  }

  #tellMemory({ iteration, remaining, total }: NonNullable<CopySighting['memory']>): void {
    if (iteration === this.#iteration) return;
    this.#iteration = iteration;
    const message = `Memory, pass ${Math.max(1, iteration)}: ${mebibytes(remaining)} of ${mebibytes(total)} MiB to send.`;
    this.#context.emit({ type: 'log', level: 'info', message });
  }

  #tellProgress(): void {
    const { emit, phases } = this.#context;
    for (const copy of this.progress()) {
      emit({ type: 'progress', phase: phases.current, ...copy }, `progress ${copy.disk}`);
    }
  }
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
