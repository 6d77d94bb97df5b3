import { describe, expect, it } from 'vitest';
import { type ConvergenceDecision, decide, type RoundRecord } from '../../src/policy/convergence.js';
import { seededRandom } from '../support/random.js';

const limits = { maxDowntimeMs: 300, switchMs: 25, leastRoundMs: 0, maxRounds: 30 };
const MIB = 1 << 20;

/** A guest's rounds at 1 MiB a millisecond, round by round until the policy switches. */
function replay(
  mebibytes: (round: number) => number,
  maxDowntimeMs = 300,
): ConvergenceDecision & { rounds: number } {
  const rounds: RoundRecord[] = [];
  for (;;) {
    const size = mebibytes(rounds.length);
    rounds.push({ bytes: size * MIB, ms: size });
    const decision = decide(rounds, { ...limits, maxDowntimeMs });
    if (decision.action === 'switch') return { ...decision, rounds: rounds.length };
    if (rounds.length > 1000) throw new Error('It goes on for ever.');
  }
}

describe('rounds that shrink', () => {
  it('go on until they fit the downtime', () => {
    expect(replay((round) => 4000 * 0.5 ** round)).toMatchObject({
      // 4000, 2000, 1000, 500: the next one would take 250
      rounds: 4,
      forecastMs: 25 + 250,
      reason: 'the last round fits the downtime',
    });
  });

  it('are not waited for when the first one fits already', () => {
    expect(replay((round) => 10 * 0.5 ** round)).toMatchObject({ rounds: 1, forecastMs: 25 + 10 });
  });

  it('forecast the last one shorter by as much as this one was', () => {
    const rounds = [
      { bytes: 800 * MIB, ms: 1000 },
      { bytes: 400 * MIB, ms: 500 },
    ];
    expect(decide(rounds, limits)).toMatchObject({ action: 'switch', forecastMs: 25 + 250 });
    expect(decide(rounds, { ...limits, maxDowntimeMs: 274 })).toMatchObject({ action: 'round' });
  });
});

describe('rounds that do not shrink', () => {
  it('start the stream as soon as they fit', () => {
    expect(replay(() => 100)).toMatchObject({
      rounds: 1,
      forecastMs: 125,
      reason: 'the last round fits the downtime',
    });
  });

  it('are given up after some when they do not fit, and the reason says so', () => {
    expect(replay(() => 1000)).toMatchObject({
      rounds: 5,
      reason: 'rounds shrink no more: the guest writes as fast as the copy',
    });
  });

  it('are given up when they grow, with no hope of a shorter last one', () => {
    expect(replay((round) => 500 * 1.5 ** round)).toMatchObject({
      rounds: 5,
      forecastMs: 25 + 500 * 1.5 ** 4,
    });
  });

  it('go on while nothing is known but that the last one would be too long', () => {
    const flat = { bytes: 1000 * MIB, ms: 1000 };
    expect(decide([flat, flat], limits)).toMatchObject({
      action: 'round',
      reason: 'the last round would not fit the downtime',
    });
  });
});

describe('a guest that writes in bursts', () => {
  it('is met in a lull that fits', () => {
    expect(replay((round) => (round % 2 === 0 ? 400 : 100))).toMatchObject({
      rounds: 2,
      forecastMs: 25 + 25,
      reason: 'the last round fits the downtime',
    });
  });

  it('is not waited for until the last round when no lull fits', () => {
    expect(replay((round) => (round % 2 === 0 ? 2000 : 1000)).rounds).toBeLessThan(10);
  });
});

describe('a guest that writes nothing', () => {
  it('needs one round', () => {
    expect(decide([{ bytes: 0, ms: 1 }], limits)).toMatchObject({ action: 'switch' });
  });

  it('needs no more even when the switch alone takes longer than the downtime', () => {
    expect(decide([{ bytes: 0, ms: 1 }], { ...limits, maxDowntimeMs: 1 })).toMatchObject({
      action: 'switch',
      reason: 'the guest wrote nothing during the last round',
    });
  });

  it('may write again: the next forecast is no shorter for it', () => {
    const rounds = [
      { bytes: 0, ms: 1 },
      { bytes: 100 * MIB, ms: 100 },
    ];
    expect(decide(rounds, limits).forecastMs).toBe(125);
  });
});

it('wants a round before anything was measured', () => {
  expect(decide([], limits)).toMatchObject({ action: 'round', reason: 'nothing measured yet' });
});

it('never wants more rounds than allowed, however well they shrink', () => {
  const shrinking = (round: number): number => 1e9 * 0.7 ** round;
  expect(replay(shrinking)).toMatchObject({ rounds: 30, reason: '30 rounds are enough' });
});

describe('over a long way', () => {
  const far = { ...limits, switchMs: 175, leastRoundMs: 100 };

  it('no round is forecast shorter than the way there and back', () => {
    const rounds = [
      { bytes: 100 * MIB, ms: 200 },
      { bytes: 10 * MIB, ms: 120 },
    ];
    expect(decide(rounds, far)).toMatchObject({ action: 'switch', forecastMs: 175 + 100 });
    expect(decide(rounds, { ...far, leastRoundMs: 140 })).toMatchObject({ action: 'round', forecastMs: 315 });
  });

  it('too long for the downtime, it switches once rounds shrink no more', () => {
    const rounds = Array.from({ length: 5 }, () => ({ bytes: 2 * MIB, ms: 400 }));
    expect(decide(rounds, { ...far, leastRoundMs: 400 })).toMatchObject({
      action: 'switch',
      reason: 'rounds shrink no more: the guest writes as fast as the copy',
    });
  });
});

describe('whatever the rounds', () => {
  const histories = Array.from({ length: 300 }, (_, seed): RoundRecord[] => {
    const below = seededRandom(seed);
    return Array.from({ length: 1 + below(12) }, () => ({ bytes: below(6) * 64 * MIB, ms: below(600) }));
  });
  const downtimes = [1, 25, 50, 100, 200, 300, 600, 10_000];

  it('a longer downtime never delays the switch', () => {
    for (const rounds of histories) {
      const switches = downtimes.map(
        (maxDowntimeMs) => decide(rounds, { ...limits, maxDowntimeMs }).action === 'switch',
      );
      expect(switches).toEqual([...switches].sort((a, b) => Number(a) - Number(b)));
    }
  });

  it('the forecast is a time, and never below what the switch costs by itself', () => {
    for (const rounds of histories) {
      const { forecastMs } = decide(rounds, limits);
      expect(forecastMs).toBeGreaterThanOrEqual(limits.switchMs);
      expect(forecastMs).toBeLessThanOrEqual(limits.switchMs + (rounds.at(-1)?.ms ?? 0));
    }
  });
});
