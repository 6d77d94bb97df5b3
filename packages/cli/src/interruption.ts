import { EXIT } from './exit-status.js';
import type { Output } from './output/output.js';
import type { Shell } from './shell.js';

export interface InterruptionPolicy {
  /** What the first signal begins. @default 'cancelling' */
  readonly doing?: string;
  /** Whether the process must not end before the job any more. @default never */
  readonly mustFinish?: () => boolean;
}

/**
 * Ctrl-C, SIGTERM and a lost terminal while a job runs: the first one aborts `signal`, so that the job can
 * end cleanly; the next one ends the process at once, unless the job must not be left alone any more.
 */
export class Interruption implements Disposable {
  readonly #abort = new AbortController();
  readonly #shell: Shell;
  readonly #output: Output;
  readonly #policy: InterruptionPolicy;
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor(shell: Shell, output: Output, policy: InterruptionPolicy = {}) {
    this.#shell = shell;
    this.#output = output;
    this.#policy = policy;
    for (const name of SIGNALS) shell.signals.on(name, this.#onSignal);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  [Symbol.dispose](): void {
    for (const name of SIGNALS) this.#shell.signals.off(name, this.#onSignal);
  }

  readonly #onSignal = (name: NodeJS.Signals): void => {
    const now = performance.now();
    const echo = now - this.#heardAt < ECHO_MS;
    this.#heardAt = now;
    if (!this.signal.aborted) {
      const doing = this.#policy.doing ?? 'cancelling';
      const stopped = this.#policy.mustFinish?.() ?? false;
      this.#output.note(
        `${name}: ${doing}${stopped ? ', if that is still possible.' : '. Once more ends at once.'}`,
      );
      this.#abort.abort(new Interrupted(name));
    } else if (echo || name === 'SIGHUP') {
      // A lost terminal is heard of more than once, and nobody has asked twice.
    } else if (this.#policy.mustFinish?.()) {
      this.#output.note(`${name}: the guest is being handed over, its true outcome is awaited.`, 'warning');
    } else {
      this.#output.endProgress();
      this.#shell.exitNow(EXIT.interrupted);
    }
  };
}

/** Why a command ended early. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly code = 'ABORTED';

  constructor(signal: NodeJS.Signals) {
    super(`Interrupted by ${signal}`);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** npm and npx pass on what the terminal has sent to the whole group already: so soon it is the same Ctrl-C. */
const ECHO_MS = 100;
