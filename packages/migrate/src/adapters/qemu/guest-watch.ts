import { isEvent, type QmpClient, type QmpEvent } from '@blockferry/qmp';
import { MigrationError } from '../../error.js';

export interface GuestWatchOptions {
  /** Called when the guest is gone for good. */
  readonly fail: (error: MigrationError) => void;
  readonly log: (level: 'info' | 'warning', message: string) => void;
}

/**
 * What becomes of the source's guest meanwhile. Others may pause it, let it run, reset it and shut it down at any
 * time: a guest that somebody has paused must not run on the destination.
 */
export class GuestWatch {
  readonly #qmp: QmpClient;
  readonly #options: GuestWatchOptions;
  #ran = true;
  #stoppedAt: number | undefined;
  #switching = false;
  /** The last look at why the guest has stopped. */
  #look: Promise<void> = Promise.resolve();
  #end: () => void = () => {};

  constructor(qmp: QmpClient, options: GuestWatchOptions) {
    this.#qmp = qmp;
    this.#options = options;
  }

  /** Watches until `end`. */
  async begin(): Promise<void> {
    // Heard from before the first look: what happens in between is the newer news.
    this.#end = this.#qmp.on((event) => this.#hear(event));
    const { running } = await this.#qmp.execute('query-status');
    this.#ran &&= running;
  }

  end(): void {
    this.#end();
  }

  /** The moment when the switch stopped the guest; none where it had been paused before. */
  get stoppedAt(): number | undefined {
    return this.#stoppedAt;
  }

  /** Whether the guest runs, or did until the switch stopped it. */
  async ran(): Promise<boolean> {
    await this.#look;
    return this.#ran;
  }

  #hear(event: QmpEvent): void {
    if (event.event === 'STOP') {
      this.#stoppedAt = event.at;
      this.#look = this.#whyStopped();
    } else if (event.event === 'RESUME') {
      this.#ran = true;
      this.#stoppedAt = undefined;
      this.#switching = false;
    } else if (isEvent(event, 'MIGRATION') && event.data.status === 'pre-switchover') {
      this.#switching = true;
    } else if (isEvent(event, 'MIGRATION_PASS')) {
      // QEMU makes no pass between its own stop and the switch: somebody else's came before.
      if (this.#stoppedAt !== undefined && !this.#switching) this.#wasStopped('paused');
    } else if (isEvent(event, 'RESET')) {
      this.#options.log(
        'info',
        `The guest was reset (${event.data.reason}); what it has written still moves.`,
      );
    } else if (isEvent(event, 'SHUTDOWN')) {
      const who = event.data.guest ? 'The guest shut down' : "The source's QEMU was told to end";
      this.#options.fail(
        new MigrationError(
          'SOURCE_CHANGED',
          `${who} during the migration (${event.data.reason}): there is nothing to move any more; rolled back.`,
          { side: 'source' },
        ),
      );
    }
  }

  /**
   * QEMU's event does not tell whether its own migration stopped the guest or somebody else did. A guest that stands
   * still has little left to send, so the switch often comes before the answer: then the passes tell.
   */
  async #whyStopped(): Promise<void> {
    const status = await this.#qmp.execute('query-status').then(
      (answer) => answer.status,
      // A monitor that does not answer fails whatever comes next.
      () => 'finish-migrate',
    );
    if (status !== 'finish-migrate' && status !== 'running' && this.#ran) this.#wasStopped(status);
  }

  #wasStopped(status: string): void {
    this.#ran = false;
    this.#stoppedAt = undefined;
    this.#options.log('info', `The guest has stopped (${status}); it stays so on the destination.`);
  }
}
