// Changed messages: each is read, or refused with a typed error; what is read is written again as it was, but for
// booleans and NaN. FUZZ_ROUNDS and FUZZ_SEED make longer and other runs.
import { expect, it } from 'vitest';
import { TypedParams } from '../src/index.js';
import { anyParams } from './support/any-params.js';
import { Random } from './support/random.js';
import { thrownBy } from './support/thrown.js';

const rounds = Number(process.env['FUZZ_ROUNDS'] ?? 20_000);
const seed = Number(process.env['FUZZ_SEED'] ?? 1);

it(`reads or refuses ${rounds} changed messages`, { timeout: 0 }, () => {
  const random = new Random(seed);
  const outcomes = { read: 0, refused: 0 };
  for (let round = 0; round < rounds; round++) {
    const bytes = change(anyParams(random, 8).toXdr(), random);
    let params: TypedParams;
    try {
      params = TypedParams.fromXdr(bytes);
    } catch {
      const error = thrownBy(() => TypedParams.fromXdr(bytes));
      if (error.code !== 'RPC' && error.code !== 'INTERNAL_ERROR')
        throw new Error(`round ${round}: ${Buffer.from(bytes).toString('hex')}`);
      outcomes.refused++;
      continue;
    }
    outcomes.read++;
    expect([...params].length).toBe(new DataView(bytes.buffer).getUint32(0));
    // The constructor checks each entry as if a user gave it.
    expect([...new TypedParams(params)]).toEqual([...params]);
    const isCanonical = [...params].every(({ type, value }) => type !== 'boolean' && !Number.isNaN(value));
    if (isCanonical) expect(params.toXdr()).toEqual(bytes);
  }
  expect(outcomes.read).toBeGreaterThan(rounds / 100);
  expect(outcomes.refused).toBeGreaterThan(rounds / 10);
});

/** One to three changes: bits, interesting words, cuts, insertions, pieces moved. */
function change(original: Uint8Array, random: Random): Uint8Array {
  let bytes = [...original];
  for (let count = 1 + random.next(3); count > 0; count--) {
    const at = random.next(bytes.length);
    const word = at & ~3;
    const interesting = WORDS[random.next(WORDS.length)] ?? 0;
    switch (random.next(6)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.next(8));
        break;
      case 1:
        bytes.splice(
          word,
          4,
          interesting >>> 24,
          (interesting >>> 16) & 255,
          (interesting >>> 8) & 255,
          interesting & 255,
        );
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      case 3:
        bytes.splice(at, 0, ...Array.from({ length: random.next(9) }, () => random.next(256)));
        break;
      case 4:
        bytes.splice(word, 4 * random.next(4));
        break;
      default:
        bytes.splice(word, 0, ...bytes.slice(word, word + 4 * random.next(8)));
    }
    if (bytes.length === 0) bytes = [0];
  }
  return Uint8Array.from(bytes);
}

const WORDS = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 64, 65, 79, 80, 0x400000, 0x400001, 0x7fffffff, 0x80000000, 0xffffffff,
];
