import type { Scenario } from '../harness/scenario.js';
import { bitmap } from './bitmap.js';
import { bulk } from './bulk.js';
import { live } from './live.js';
import { serve } from './serve.js';
import { small } from './small.js';
import { sparse } from './sparse.js';
import { tls } from './tls.js';

/** In the order of the report. */
export const SCENARIOS: readonly Scenario[] = [bulk, sparse, serve, tls, small, bitmap, live];
