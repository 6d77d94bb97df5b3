import { toMigrationError } from './failure.js';
import type { MigrationPlan } from './migration-plan.js';
import { openEnds } from './open.js';
import type { MigrateOptions } from './options.js';
import { plannerOf } from './planner.js';

/**
 * Says what a migration would do, and everything that stands against it: a plan with problems is no error. Reads only.
 *
 * @throws {MigrationError} `INVALID_ARGUMENT` for options that no host could take; `QMP_*`, or libvirt's own code, where
 * a host cannot be reached or does not answer.
 */
export async function plan(options: MigrateOptions): Promise<MigrationPlan> {
  const planner = plannerOf(options);
  await using ends = await openEnds(options);
  try {
    return (await planner.plan(ends.domain, ends.host)).plan;
  } catch (error) {
    throw toMigrationError(error);
  }
}
