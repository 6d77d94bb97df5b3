import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { type QmpClient, QmpError } from '@blockferry/qmp';

/** A command with the reply that a real QEMU gave; `record-disks.mjs` records them. */
export interface Exchange {
  readonly execute: string;
  readonly arguments?: object;
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
}

export function readExchanges(name: string): Exchange[] {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'));
}

/** A client that answers what was recorded, and nothing else. */
export function recordedQmp(exchanges: readonly Exchange[]): QmpClient {
  const execute = async (command: string, given?: object): Promise<unknown> => {
    const found = exchanges.find(
      (exchange) => exchange.execute === command && isDeepStrictEqual(exchange.arguments, given),
    );
    if (found === undefined) throw new Error(`Nothing was recorded for ${command} ${JSON.stringify(given)}.`);
    if (found.error === undefined) return found.return;
    const { class: kind, desc } = found.error;
    throw new QmpError('QMP_COMMAND', desc, { command, class: kind, description: desc });
  };
  return { execute } as unknown as QmpClient;
}
