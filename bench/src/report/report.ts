import type { Machine } from '../harness/machine.js';
import type { ScenarioResult } from '../harness/run.js';

/** All that was measured; what the JSON report holds. */
export interface Report {
  /** When it began: ISO 8601, UTC. */
  readonly startedAt: string;
  readonly settings: {
    /** Bytes. */
    readonly size: number;
    readonly runs: number;
    readonly directory: string;
  };
  readonly machine: Machine;
  readonly scenarios: readonly ScenarioResult[];
}
