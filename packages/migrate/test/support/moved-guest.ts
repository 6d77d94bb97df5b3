import { leftovers, type QemuPair } from '@blockferry/lab';
import { expect } from 'vitest';
import type { MigrateOptions, MigrationEvent, MigrationResult } from '../../src/index.js';
import { goesOn, migrate, statusOf } from './qemu-migration.js';

/**
 * Moves the pair's guest and shows that it arrived: it goes on there and finds its disks as it left them, nothing is
 * left behind on either side, and the images of `disks` (the lab's names) hold all that was written. Ends the pair.
 */
export async function moveGuest(
  pair: QemuPair,
  disks: readonly string[],
  options: Partial<MigrateOptions> = {},
  onEvent?: (event: MigrationEvent) => unknown,
): Promise<MigrationResult> {
  const before = await bothSides(pair);
  const { result, error } = await migrate(pair, options, onEvent);
  expect(error).toBeUndefined();
  await goesOn(pair, 'destination');
  expect(await statusOf(pair.source)).toBe('postmigrate');
  expect(await bothSides(pair)).toEqual(before);
  await pair.end();
  for (const disk of disks) {
    expect(await pair.verify('destination', disk), disk).toMatchObject({ status: 'ok' });
  }
  return result;
}

async function bothSides({ source, destination }: QemuPair): Promise<unknown> {
  return { source: await leftovers(source), destination: await leftovers(destination) };
}
