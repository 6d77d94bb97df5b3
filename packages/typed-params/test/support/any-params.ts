import { TypedParams } from '../../src/index.js';
import type { Random } from './random.js';

/** Up to `most` parameters of all types, with values at the ends of their ranges and between. */
export function anyParams(random: Random, most: number): TypedParams {
  const params = new TypedParams();
  for (let count = random.next(most + 1); count > 0; count--) {
    const name = pick(random, NAMES);
    switch (random.next(7)) {
      case 0:
        params.addInt(name, pick(random, [0, -1, 2 ** 31 - 1, -(2 ** 31), random.next(2 ** 31)]));
        break;
      case 1:
        params.addUInt(name, pick(random, [0, 2 ** 31, 2 ** 32 - 1, random.next(2 ** 32)]));
        break;
      case 2:
        params.addLLong(
          name,
          pick(random, [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), BigInt(random.next(2 ** 40))]),
        );
        break;
      case 3:
        params.addULLong(name, pick(random, [0n, 2n ** 63n, 2n ** 64n - 1n, BigInt(random.next(2 ** 40))]));
        break;
      case 4:
        params.addDouble(name, pick(random, DOUBLES));
        break;
      case 5:
        params.addBoolean(name, random.next(2) === 0);
        break;
      default:
        params.addString(name, pick(random, TEXTS).repeat(random.next(4)));
    }
  }
  return params;
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.next(list.length)] as T;
}

const NAMES = ['', 'a', 'migrate_disks', 'ab\u00e9', '\u{1f6a2}', 'n'.repeat(79), '\u20ac'.repeat(26)];
const TEXTS = ['', 'v', 'vda', '\u00e9', '\u20ac', '\u{1f6a2}', '\ufeff', 'x'.repeat(100), '\ud7ff\ue000'];
const DOUBLES = [0, -0, 1, -0.1, 2 ** -1074, Number.MAX_VALUE, Number.POSITIVE_INFINITY, Number.NaN];
