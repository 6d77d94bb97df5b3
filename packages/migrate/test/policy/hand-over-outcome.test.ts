import { describe, expect, it } from 'vitest';
import { describeSide, handOverOutcome, type SideState } from '../../src/policy/hand-over-outcome.js';

const SOURCE_RUNS = answer('running', 'failed');
const STILL_WAITS = answer('inmigrate', 'failed');

describe('where the guest is after a hand-over that did not end well', () => {
  it.each<[string, SideState, SideState]>([
    ['the destination could not take it', SOURCE_RUNS, STILL_WAITS],
    ['the destination has ended', SOURCE_RUNS, { answers: false, gone: true }],
    ['a guest that was paused is paused again', answer('paused', 'failed'), STILL_WAITS],
    ['somebody cancelled', answer('running', 'cancelled'), STILL_WAITS],
  ])('is the source where %s', (_, source, destination) => {
    expect(handOverOutcome(source, destination)).toBe('source');
  });

  it.each<[string, SideState, SideState]>([
    ['both run', SOURCE_RUNS, answer('running', 'completed')],
    ['the destination has it all and waits', SOURCE_RUNS, answer('paused', 'completed')],
    ['the destination hangs and may start it yet', SOURCE_RUNS, { answers: false, gone: false }],
    ['the source does not answer', { answers: false, gone: false }, STILL_WAITS],
    ['the source has ended', { answers: false, gone: true }, answer('paused', 'completed')],
    ['the source still waits', answer('finish-migrate', 'device'), { answers: false, gone: true }],
    ['the source has let go', answer('postmigrate', 'completed'), { answers: false, gone: true }],
    ['the source has not taken it back yet', answer('finish-migrate', 'failed'), STILL_WAITS],
  ])('is not known where %s', (_, source, destination) => {
    expect(handOverOutcome(source, destination)).toBe('uncertain');
  });

  it('is told side by side', () => {
    expect([SOURCE_RUNS, { answers: false, gone: true }, { answers: false, gone: false }].map(tell)).toEqual([
      'is running (stream: failed)',
      'has ended',
      'does not answer',
    ]);
  });
});

function answer(status: string, stream: string): SideState {
  return { answers: true, status, running: status === 'running', stream };
}

function tell(state: unknown): string {
  return describeSide(state as SideState);
}
