import type { ViewEvent } from './view-event.js';

/** Shows on stderr how a job goes. */
export interface ProgressView {
  update(event: ViewEvent): void;
  /** A line that stays. */
  note(line: string): void;
  /** Takes away what does not stay. A second call does nothing. */
  close(): void;
}

/** `--progress=none`: nothing but what has to be said. */
export class SilentView implements ProgressView {
  readonly #put: (text: string) => void;

  constructor(put: (text: string) => void) {
    this.#put = put;
  }

  update(): void {}

  note(line: string): void {
    this.#put(`${line}\n`);
  }

  close(): void {}
}
