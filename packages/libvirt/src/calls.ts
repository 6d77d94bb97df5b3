import type { BindingConnection } from '@blockferry/libvirt-native';
import { type CallOptions, call, type GiveUp, type WhenAborted } from './call.js';
import { LibvirtError } from './error.js';

/**
 * The calls of a connection and of all that came from it.
 *
 * When keep-alive gives a daemon up that hangs, libvirt's client ends one of the calls in flight and forgets the others,
 * and does not tell that the connection was closed (11.3, virNetClientIOEventLoop: who gets the buck then waits for the
 * daemon again). So when a call has failed with the connection, the ones that do not fail with it soon are given up here.
 */
export class Calls {
  readonly #binding: BindingConnection;
  readonly #onHung: () => void;
  readonly #inFlight = new Set<GiveUp>();
  #isWatched = false;

  /** @param onHung is told, once, that the connection was given up as the daemon hangs. */
  constructor(binding: BindingConnection, onHung: () => void) {
    this.#binding = binding;
    this.#onHung = onHung;
  }

  /** As {@link call} does. */
  async run<T>(
    options: CallOptions | undefined,
    start: () => Promise<T>,
    whenAborted?: WhenAborted<T>,
  ): Promise<T> {
    try {
      return await call(options, start, whenAborted, this.#inFlight);
    } catch (error) {
      if (LibvirtError.is(error) && error.retryable && !this.#isWatched && this.#inFlight.size > 0) {
        this.#isWatched = true;
        const left = [...this.#inFlight];
        setTimeout(() => void this.#giveUp(left, error), LINGER_MS).unref();
      }
      throw error;
    }
  }

  async #giveUp(left: readonly GiveUp[], { message, ...details }: LibvirtError): Promise<void> {
    this.#isWatched = false;
    const hanging = left.filter((giveUp) => this.#inFlight.has(giveUp));
    if (hanging.length === 0 || (await this.#binding.isAlive().catch(() => true))) return;
    this.#binding.giveUp();
    for (const giveUp of hanging) giveUp(new LibvirtError(details.code, message, details));
    this.#onHung();
  }
}

/** How long the calls in flight may take to fail after the first one did. */
const LINGER_MS = 500;
