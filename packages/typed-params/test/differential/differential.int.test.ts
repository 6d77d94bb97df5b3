import { requires, Scratch } from '@blockferry/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compare, describeMismatch, shrink } from './comparison.js';
import { deviations } from './deviations.js';
import { sequence } from './generate/sequence.js';
import { Libvirt } from './libvirt.js';
import { ourAnswers } from './ours.js';
import { readable } from './step.js';

/*
 * Random sequences of calls, made on the real libvirt and on this package: results, values, error codes and messages
 * are the same. A sequence has a seed; BLOCKFERRY_DIFFERENTIAL_SEED (default 1) is the first one's, and
 * BLOCKFERRY_DIFFERENTIAL_COUNT (default 120000) says how many follow, each with the next seed.
 */
const FIRST_SEED = Number(process.env['BLOCKFERRY_DIFFERENTIAL_SEED'] ?? 1);
const COUNT = Number(process.env['BLOCKFERRY_DIFFERENTIAL_COUNT'] ?? 120_000);
/** How many go to the program at once. */
const BATCH = 500;

const lab = requires('gcc', 'libvirt-headers');

describe.skipIf(!lab.available)('the real libvirt', () => {
  let scratch: Scratch;
  let libvirt: Libvirt;

  beforeAll(async () => {
    scratch = new Scratch();
    libvirt = await Libvirt.start(scratch);
  });

  afterAll(async () => {
    await libvirt?.[Symbol.asyncDispose]();
    await scratch[Symbol.asyncDispose]();
  });

  it('answers every call as this package does', { timeout: 120_000 + COUNT }, async () => {
    let calls = 0;
    for (let done = 0; done < COUNT; done += BATCH) {
      const first = FIRST_SEED + done;
      const sequences = sequencesFrom(first, Math.min(BATCH, COUNT - done));
      const mismatches = await compare(libvirt, sequences);
      const index = mismatches.findIndex((mismatch) => mismatch !== undefined);
      const mismatch = mismatches[index];
      if (mismatch !== undefined) {
        const seed = `BLOCKFERRY_DIFFERENTIAL_SEED=${first + index}`;
        expect.fail(`${seed}\n${describeMismatch(await shrink(libvirt, mismatch))}`);
      }
      calls += sequences.flat().length;
    }
    const from = `seeds ${FIRST_SEED} to ${FIRST_SEED + COUNT - 1}`;
    console.log(
      `libvirt ${libvirt.version}: ${COUNT} sequences (${from}), ${calls} calls, all answers agree`,
    );
  });

  it('is asked for every outcome', async () => {
    const sequences = sequencesFrom(1, 10_000);
    const answers = await libvirt.answers(sequences);
    const outcomes = sequences.flatMap((steps, i) =>
      steps.map(({ call }, j) => `${call}: ${/^(?:error )?\w+/.exec(answers[i]?.[j] ?? '')?.[0]}`),
    );
    expect([...new Set(outcomes)].sort()).toEqual(everyOutcome);
  });

  it.each(deviations)('$what: ours differs, on purpose', async ({ sequence, libvirt: theirs, ours }) => {
    const [answers = []] = await libvirt.answers([sequence]);
    expect(answers.map(readable)).toEqual(theirs);
    expect(ourAnswers(sequence).map(readable)).toEqual(ours);
  });
});

function sequencesFrom(seed: number, count: number): ReturnType<typeof sequence>[] {
  return Array.from({ length: count }, (_, i) => sequence(seed + i));
}

const everyOutcome: readonly string[] = [
  'add: error 1',
  'add: ok',
  'addFromString: error 1',
  'addFromString: error 8',
  'addFromString: ok',
  'addStringList: error 1',
  'addStringList: ok',
  'addUnsigned: error 1',
  'addUnsigned: ok',
  'copy: ok',
  'dump: ok',
  'filter: ok',
  'format: ok',
  'fromXdr: error 1',
  'fromXdr: lossy',
  'fromXdr: ok',
  'fromXdr: undecodable',
  'get: ok',
  'getStringList: ok',
  'getTyped: error 8',
  'getTyped: ok',
  'replaceString: error 1',
  'replaceString: error 8',
  'replaceString: ok',
  'toXdr: error 39',
  'toXdr: ok',
  'validate: error 74',
  'validate: error 8',
  'validate: ok',
];
