import { strategyBetween } from './ends.js';
import type { MigrateOptions } from './options.js';
import { delegatePlanner } from './strategy/delegate-plan.js';
import { enginePlanner } from './strategy/engine-plan.js';
import type { Planner } from './strategy/strategy.js';

/**
 * The planner of the strategy that fits the source.
 *
 * @throws {MigrationError} `INVALID_ARGUMENT` for options that no host could take.
 */
export function plannerOf(options: MigrateOptions): Planner {
  const strategy = strategyBetween(options.from, options.to);
  return strategy === 'delegate' ? delegatePlanner(options) : enginePlanner(options);
}
