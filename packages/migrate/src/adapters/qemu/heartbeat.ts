import type { QmpClient, QmpError } from '@blockferry/qmp';
import type { MigrationError } from '../../error.js';
import type { Side } from '../../error-code.js';
import { toMigrationError } from '../../failure.js';

/**
 * Asks both monitors again and again until it is disposed of. The state stream takes as long as it takes, and a
 * destination that hangs lets the source wait for ever: only a question that has a deadline finds that out.
 */
export class Heartbeat implements Disposable {
  readonly #fail: (error: MigrationError) => void;
  readonly #timers: readonly NodeJS.Timeout[];

  constructor(ends: Readonly<Record<Side, QmpClient>>, fail: (error: MigrationError) => void) {
    this.#fail = fail;
    this.#timers = (['source', 'destination'] as const).map((side) => {
      let asking = false;
      return setInterval(async () => {
        if (asking) return;
        asking = true;
        await ends[side].execute('query-status').catch((error: QmpError) => this.#tell(side, error));
        asking = false;
      }, INTERVAL_MS);
    });
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  #tell(side: Side, error: QmpError): void {
    this[Symbol.dispose]();
    this.#fail(toMigrationError(error, { side }));
  }
}

const INTERVAL_MS = 2000;
