import { PHASES, type Phase } from './phase.js';

interface UndoStep {
  readonly what: string;
  readonly action: () => Promise<void>;
  readonly where: 'hosts' | 'here';
}

/** Announces the phases, each once and in order, and keeps what has to be undone. */
export class PhaseRunner {
  readonly #announce: (phase: Phase) => void;
  readonly #log: (level: 'info' | 'warning', message: string) => void;
  readonly #undo: UndoStep[] = [];
  #current: Phase = PHASES[0];
  #next = 0;

  constructor(announce: (phase: Phase) => void, log: (level: 'info' | 'warning', message: string) => void) {
    this.#announce = announce;
    this.#log = log;
  }

  /** The phase that runs. */
  get current(): Phase {
    return this.#current;
  }

  /** Begins a phase. The phases are a sequence: any other order is a fault of the caller. */
  enter(phase: Phase): void {
    const next = PHASES[this.#next];
    if (next !== phase) throw new RangeError(`The phase ${next ?? 'none'} is next, not ${phase}.`);
    this.#next += 1;
    this.#current = phase;
    this.#announce(phase);
  }

  /** On failure `action` runs, after all that were added later. `here`: it touches neither host. */
  onFailure(what: string, action: () => Promise<void>, where: 'hosts' | 'here' = 'hosts'): void {
    this.#undo.push({ what, action, where });
  }

  /** Undoes everything, last first. One that fails is logged and does not stop the others. */
  async unwind(): Promise<void> {
    for (let step = this.#undo.pop(); step !== undefined; step = this.#undo.pop()) {
      try {
        await step.action();
      } catch (error) {
        this.#log(
          'warning',
          `Could not ${step.what}: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  }

  /** Nobody knows what may be undone on the hosts: `unwind` leaves them alone from now on. */
  leaveHosts(): void {
    const here = this.#undo.filter(({ where }) => where === 'here');
    this.#undo.splice(0, this.#undo.length, ...here);
  }

  /** Nothing may be undone any more. */
  commit(): void {
    this.#undo.length = 0;
  }
}
