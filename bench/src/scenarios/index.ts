import type { Scenario } from '../harness/scenario.js';
import { bulk } from './bulk.js';

/** In the order of the report. */
export const SCENARIOS: readonly Scenario[] = [bulk];
