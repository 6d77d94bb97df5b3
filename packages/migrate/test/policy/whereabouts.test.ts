import { expect, it } from 'vitest';
import type { GuestSighting } from '../../src/delegate-ports.js';
import { describeSighting, type Whereabouts, whereabouts } from '../../src/policy/whereabouts.js';

type Guest = (GuestSighting & { answers: true })['guest'];

function side(guest: Guest | 'silent'): GuestSighting {
  return guest === 'silent'
    ? { answers: false, reason: 'connection refused' }
    : { answers: true, guest, state: `${guest} (because)` };
}

it.each<[Guest | 'silent', Guest | 'silent', Whereabouts, Whereabouts]>([
  // source, destination, before the guest's stop, after it
  ['running', 'absent', 'source', 'source'],
  ['paused', 'absent', 'source', 'source'],
  ['running', 'silent', 'source', 'uncertain'],
  ['running', 'running', 'uncertain', 'uncertain'],
  ['running', 'paused', 'uncertain', 'uncertain'],
  ['running', 'incoming', 'wait', 'wait'],
  ['migrating', 'incoming', 'wait', 'wait'],
  ['migrating', 'absent', 'wait', 'wait'],
  ['migrating', 'silent', 'wait', 'wait'],
  ['absent', 'running', 'destination', 'destination'],
  ['absent', 'paused', 'destination', 'destination'],
  ['absent', 'incoming', 'wait', 'wait'],
  ['absent', 'absent', 'nowhere', 'nowhere'],
  ['absent', 'silent', 'uncertain', 'uncertain'],
  ['silent', 'running', 'uncertain', 'uncertain'],
  ['silent', 'absent', 'uncertain', 'uncertain'],
  ['silent', 'silent', 'uncertain', 'uncertain'],
])('source %s, destination %s: %s, and after the stop %s', (source, destination, before, after) => {
  const sightings = { source: side(source), destination: side(destination) };
  expect(whereabouts(sightings, false)).toBe(before);
  expect(whereabouts(sightings, true)).toBe(after);
});

it('says a state in the words of the daemon', () => {
  expect(describeSighting(side('paused'))).toBe('has it, paused (because)');
  expect(describeSighting(side('absent'))).toBe('does not run it');
  expect(describeSighting(side('silent'))).toBe('does not answer (connection refused)');
});
