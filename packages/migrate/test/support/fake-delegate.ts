import type { CopySighting, DelegateSession, DelegateSign, GuestSighting } from '../../src/delegate-ports.js';
import { MigrationError } from '../../src/error.js';
import type { Side } from '../../src/error-code.js';

type Sightings = Readonly<Record<Side, GuestSighting>>;

/**
 * A call whose end the test decides: for connections that break where no real ones do on demand, and for what daemons
 * say that are in no such state.
 */
export class FakeSession implements DelegateSession {
  readonly managed: boolean;
  aborts = 0;
  looks = 0;
  /** What `look` tells. */
  copy: CopySighting = { disks: new Map(), memory: undefined };
  /** What `locate` tells, one after the other; the last one again and again. */
  sightings: Sightings[] = [{ source: RUNNING, destination: ABSENT }];
  #tell: (sign: DelegateSign) => void = () => undefined;
  #end: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  #onRun: () => void = () => undefined;
  /** Resolves when the call is made. */
  readonly made: Promise<void> = new Promise((resolve) => {
    this.#onRun = resolve;
  });

  constructor(managed = true) {
    this.managed = managed;
  }

  tell(sign: DelegateSign): void {
    this.#tell(sign);
  }

  succeed(): void {
    this.#end?.resolve();
  }

  fail(code: MigrationError['code'] = 'OPERATION_FAILED', message = 'operation failed: so'): void {
    this.#end?.reject(new MigrationError(code, message));
  }

  run(): Promise<void> {
    this.#onRun();
    return new Promise((resolve, reject) => {
      this.#end = { resolve, reject };
    });
  }

  async abort(): Promise<void> {
    this.aborts += 1;
  }

  async watch(onSign: (sign: DelegateSign) => void): Promise<void> {
    this.#tell = onSign;
  }

  async look(): Promise<CopySighting> {
    this.looks += 1;
    return this.copy;
  }

  async locate(): Promise<Sightings> {
    const [first, ...more] = this.sightings;
    if (more.length > 0) this.sightings = more;
    return first ?? { source: SILENT, destination: SILENT };
  }

  async downtimeMs(): Promise<number | undefined> {
    return 42;
  }

  async setMemorySpeed(_speed: bigint): Promise<void> {}

  async setMaxDowntime(_ms: number): Promise<number> {
    return 300;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

export const RUNNING: GuestSighting = { answers: true, guest: 'running', state: 'running (booted)' };
export const ABSENT: GuestSighting = { answers: true, guest: 'absent', state: 'no such domain' };
export const MIGRATING: GuestSighting = { answers: true, guest: 'migrating', state: 'paused (migration)' };
export const SILENT: GuestSighting = { answers: false, reason: 'connection refused' };
