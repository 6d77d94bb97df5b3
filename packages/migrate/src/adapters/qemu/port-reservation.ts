import type { QmpClient } from '@blockferry/qmp';
import { serverAddress } from './address.js';
import { type Listener, listenOn } from './listener.js';

/**
 * The destination's address for the state stream, held until it is needed. A QEMU whose `migrate-incoming` could not
 * listen takes no second one, so an address has to be known to be free before: a character device of that QEMU listens
 * on it meanwhile.
 */
export class PortReservation {
  readonly #qmp: QmpClient;
  readonly #id: string;
  #listener: Listener;
  #held = false;

  constructor(qmp: QmpClient, id: string, listener: Listener) {
    this.#qmp = qmp;
    this.#id = id;
    this.#listener = listener;
  }

  /** Takes the address, with a port of the range where it leaves that open. */
  async take(portRange: readonly [number, number]): Promise<void> {
    this.#listener = await listenOn(this.#listener, portRange, ROLE, async (address) => {
      const data = { addr: serverAddress(address), server: true, wait: false };
      await this.#qmp.execute('chardev-add', { id: this.#id, backend: { type: 'socket', data } });
      this.#held = true;
    });
  }

  /** Lets go of the address; what to listen on now. A second call gives the same. */
  async release(): Promise<Listener> {
    if (this.#held) {
      this.#held = false;
      await this.#qmp.execute('chardev-remove', { id: this.#id });
    }
    return this.#listener;
  }
}

const ROLE = {
  side: 'destination',
  what: 'state stream',
  option: '--state-uri',
  code: 'STREAM_FAILED',
} as const;
