import type { MigrationCapabilityStatus, QmpClient } from '@blockferry/qmp';

/**
 * Migration capabilities and parameters of one QEMU, changed for a while. A capability of ours that stays on would
 * stop the next migration of somebody else, guest stopped: every way out puts them back.
 */
export class MigrationSettings {
  readonly #qmp: QmpClient;
  #capabilities: MigrationCapabilityStatus[] = [];
  #parameters: Record<string, unknown> = {};

  constructor(qmp: QmpClient) {
    this.#qmp = qmp;
  }

  /** Turns capabilities on and sets parameters, and remembers what they were. */
  async change(
    capabilities: readonly string[],
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const before = await this.#qmp.execute('query-migrate-capabilities');
    const off = before.filter(({ capability, state }) => !state && capabilities.includes(capability));
    this.#capabilities = off;
    if (off.length > 0)
      await this.#setCapabilities(off.map(({ capability }) => ({ capability, state: true })));
    const names = Object.keys(parameters);
    if (names.length === 0) return;
    const values = (await this.#qmp.execute('query-migrate-parameters')) as Record<string, unknown>;
    const changed = names.filter((name) => values[name] !== parameters[name]);
    if (changed.length === 0) return;
    this.#parameters = Object.fromEntries(changed.map((name) => [name, values[name]]));
    await this.#qmp.execute('migrate-set-parameters', pick(parameters, changed));
  }

  /** Puts back what `change` changed. */
  async restore(): Promise<void> {
    const [capabilities, parameters] = [this.#capabilities, this.#parameters];
    this.#capabilities = [];
    this.#parameters = {};
    if (capabilities.length > 0) await this.#setCapabilities(capabilities);
    if (Object.keys(parameters).length > 0) await this.#qmp.execute('migrate-set-parameters', parameters);
  }

  async #setCapabilities(capabilities: readonly MigrationCapabilityStatus[]): Promise<void> {
    await this.#qmp.execute('migrate-set-capabilities', { capabilities: [...capabilities] });
  }
}

function pick(values: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}
