import type { GuestSighting } from '../delegate-ports.js';
import type { Side } from '../error-code.js';

/** `nowhere`: it runs on neither side. `wait`: the daemons are at work on it yet. */
export type Whereabouts = 'source' | 'destination' | 'nowhere' | 'wait' | 'uncertain';

/**
 * Where the guest is after a call that did not end well, from what both daemons say.
 *
 * `stopped`: it may have been stopped for the switch. Before that it cannot run on the destination, whoever answers.
 */
export function whereabouts(
  { source, destination }: Readonly<Record<Side, GuestSighting>>,
  stopped: boolean,
): Whereabouts {
  const here = source.answers ? source.guest : 'unknown';
  const there = destination.answers ? destination.guest : 'unknown';
  if (here === 'migrating' || there === 'incoming') return 'wait';
  if (RUNS.has(here)) {
    if (there === 'absent') return 'source';
    return there === 'unknown' && !stopped ? 'source' : 'uncertain';
  }
  if (here !== 'absent') return 'uncertain';
  if (there === 'absent') return 'nowhere';
  return RUNS.has(there) ? 'destination' : 'uncertain';
}

/** A side's answer in a few words. */
export function describeSighting(sighting: GuestSighting): string {
  if (!sighting.answers) return `does not answer (${sighting.reason})`;
  return sighting.guest === 'absent' ? 'does not run it' : `has it, ${sighting.state}`;
}

const RUNS: ReadonlySet<string> = new Set(['running', 'paused']);
