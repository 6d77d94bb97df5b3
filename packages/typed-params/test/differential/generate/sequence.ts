import { MAX_NAME_BYTES, type ParamSpec, type ParamType } from '../../../src/index.js';
import { Random } from '../../support/random.js';
import type { Sequence, Step } from '../step.js';
import { oneIn, oneOf } from './choice.js';
import { names } from './name.js';
import { textOf } from './text.js';
import { anyValue, string, types } from './value.js';
import { wireBytes } from './wire.js';

/** The sequence of that seed: up to sixteen calls, and a look at all that they left. */
export function sequence(seed: number): Sequence {
  const random = new Random(seed);
  const known = names(random);
  // Most names keep to a type, or no list would be valid and few typed getters find a value.
  const favourites = new Map(known.map((name) => [name, oneOf(random, types)]));
  const steps = Array.from({ length: 1 + random.next(16) }, (): Step => {
    const name = oneOf(random, known);
    const type = oneIn(random, 6) ? oneOf(random, types) : (favourites.get(name) ?? 'int');
    return makers[oneOf(random, calls)]({ random, name, type, favourites });
  });
  return [...steps, { call: 'dump' }];
}

/** What a step is made of. */
interface Material {
  readonly random: Random;
  readonly name: string;
  readonly type: ParamType;
  /** All names, with the type that each mostly has. */
  readonly favourites: ReadonlyMap<string, ParamType>;
}

const makers: { readonly [C in Step['call']]: (material: Material) => Extract<Step, { call: C }> } = {
  add: ({ random, name, type }) => ({ call: 'add', name, type, value: anyValue(random, type) }),
  addUnsigned: ({ random, name }) => {
    const value = anyValue(random, oneOf(random, ['uint', 'ullong']));
    return { call: 'addUnsigned', name, value: BigInt(value) };
  },
  addStringList: ({ random, name }) => ({ call: 'addStringList', name, values: strings(random) }),
  addFromString: ({ random, name, type }) => ({
    call: 'addFromString',
    name,
    type: oneIn(random, 20) ? oneOf(random, [0, 8, 99]) : type,
    text: oneIn(random, 30) ? null : textOf(random, type),
  }),
  get: ({ name }) => ({ call: 'get', name }),
  getTyped: ({ name, type }) => ({ call: 'getTyped', name, type }),
  filter: ({ random, name, type }) => ({ call: 'filter', name, type: oneIn(random, 3) ? undefined : type }),
  getStringList: ({ name }) => ({ call: 'getStringList', name }),
  replaceString: ({ random, name }) => ({ call: 'replaceString', name, value: string(random) }),
  copy: () => ({ call: 'copy' }),
  validate: ({ random, favourites }) => ({ call: 'validate', schema: schema(random, favourites) }),
  // A double's text is among the deviations.
  format: ({ type }) => ({ call: 'format', type: type === 'double' ? 'int' : type }),
  toXdr: () => ({ call: 'toXdr' }),
  fromXdr: ({ random, favourites }) => ({
    call: 'fromXdr',
    bytes: wireBytes(random, [...favourites.keys()]),
  }),
  dump: () => ({ call: 'dump' }),
};

/** Each call as often as its share. */
const calls: readonly Step['call'][] = Object.entries({
  add: 12,
  addUnsigned: 4,
  addStringList: 4,
  addFromString: 24,
  get: 6,
  getTyped: 12,
  filter: 4,
  getStringList: 4,
  replaceString: 4,
  copy: 1,
  validate: 8,
  format: 4,
  toXdr: 2,
  fromXdr: 4,
  dump: 1,
} satisfies Record<Step['call'], number>).flatMap(([call, share]) => Array(share).fill(call));

function strings(random: Random): string[] | null {
  if (oneIn(random, 5)) return null;
  // Now and then about as many as libvirt's RPC takes.
  const length = oneIn(random, 10) ? 60 + random.next(8) : 1 + random.next(3);
  return Array.from({ length }, () => string(random));
}

/** A schema of most of the names, mostly with their favourite types, and sometimes of names that nobody uses. */
function schema(random: Random, favourites: ReadonlyMap<string, ParamType>): Record<string, ParamSpec> {
  // A name too long is among the deviations here.
  const keys = [...favourites].filter(
    ([name]) => Buffer.byteLength(name) <= MAX_NAME_BYTES && !oneIn(random, 10),
  );
  if (oneIn(random, 3)) keys.push([oneOf(random, ['', 'aa', 'zz']), oneOf(random, types)]);
  return Object.fromEntries(
    keys.map(([name, favourite]) => [
      name,
      { type: oneIn(random, 10) ? oneOf(random, types) : favourite, multiple: !oneIn(random, 4) },
    ]),
  );
}
