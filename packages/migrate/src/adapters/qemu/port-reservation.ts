import type { QmpClient } from '@blockferry/qmp';
import { MigrationError } from '../../error.js';
import { type Address, hasPort, isPortTaken, listenCandidates, serverAddress } from './address.js';

/**
 * The destination's port for the state stream, held until it is needed. A QEMU whose `migrate-incoming` could not
 * listen takes no second one, so a port has to be known to be free before: a character device of that QEMU listens on
 * it meanwhile.
 */
export class PortReservation {
  readonly #qmp: QmpClient;
  readonly #id: string;
  #address: Address;
  #held = false;

  constructor(qmp: QmpClient, id: string, address: Address) {
    this.#qmp = qmp;
    this.#id = id;
    this.#address = address;
  }

  /** Finds a port of the range where the address leaves one open. */
  async take(portRange: readonly [number, number]): Promise<void> {
    if (hasPort(this.#address)) return;
    for (const candidate of listenCandidates(this.#address, portRange)) {
      try {
        await this.#listen(candidate);
        this.#held = true;
        this.#address = candidate;
        return;
      } catch (error) {
        if (!isPortTaken(error)) throw error;
      }
    }
    throw new MigrationError(
      'STREAM_FAILED',
      `All ports from ${portRange[0]} to ${portRange[1]} are in use for the state stream: give another --port-range.`,
      { side: 'destination' },
    );
  }

  /** Lets go of the port; what to listen on now. A second call gives the same. */
  async release(): Promise<Address> {
    if (this.#held) {
      this.#held = false;
      await this.#qmp.execute('chardev-remove', { id: this.#id });
    }
    return this.#address;
  }

  async #listen(address: Address): Promise<void> {
    const data = { addr: serverAddress(address), server: true, wait: false };
    await this.#qmp.execute('chardev-add', { id: this.#id, backend: { type: 'socket', data } });
  }
}
