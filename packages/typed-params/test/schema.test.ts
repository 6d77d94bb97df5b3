import { describe, expect, it } from 'vitest';
import {
  defineSchema,
  migrationSchema,
  type ParamSpec,
  problems,
  type Schema,
  TypedParams,
  validate,
} from '../src/index.js';
import { Random } from './support/random.js';
import { thrownBy } from './support/thrown.js';

const string = { type: 'string' } as const;
const strings = { type: 'string', multiple: true } as const;

describe('validate', () => {
  // The cases of libvirt's tests/virtypedparamtest.c.
  it('takes several values where they are allowed', () => {
    const params = new TypedParams()
      .addString('bar', 'bar1')
      .addString('foo', 'foo1')
      .addString('bar', 'bar2');
    expect(validate(params, { foo: string, bar: strings })).toBe(params);
  });

  it('takes no parameters at all, whatever the schema', () => {
    expect(validate(new TypedParams(), {}).size).toBe(0);
    expect(validate(new TypedParams(), { foo: string }).size).toBe(0);
  });

  it.each<[string, TypedParams, Schema, string]>([
    [
      'a wrong type',
      new TypedParams().addInt('foobar', 1),
      { foobar: string, foo: { type: 'int' }, bar: { type: 'uint' } },
      "invalid argument: invalid type 'int' for parameter 'foobar', expected 'string'",
    ],
    [
      'an unknown name',
      new TypedParams().addString('f', 'x'),
      { foobar: string, foo: { type: 'int' } },
      "argument unsupported: parameter 'f' not supported",
    ],
    [
      'a repetition',
      new TypedParams().addString('foobar', 'x').addString('foobar', 'y'),
      { foobar: string, foo: { type: 'int' } },
      "invalid argument: parameter 'foobar' occurs multiple times",
    ],
    [
      'an unknown name beside known ones',
      new TypedParams().addString('bar', 'bar').addInt('foobar', 1),
      { foo: strings, bar: string },
      "argument unsupported: parameter 'foobar' not supported",
    ],
    [
      'anything when nothing is known',
      new TypedParams().addInt('a', 1),
      {},
      "argument unsupported: parameter 'a' not supported",
    ],
    [
      'a repetition ahead of its wrong type',
      new TypedParams().addString('a', 'x').addInt('a', 1),
      { a: string },
      "invalid argument: parameter 'a' occurs multiple times",
    ],
    [
      "what every object has, for it is none of the schema's",
      new TypedParams().addInt('toString', 1),
      {},
      "argument unsupported: parameter 'toString' not supported",
    ],
  ])('refuses %s', (_what, params, schema, message) => {
    const error = thrownBy(() => validate(params, schema));
    expect(error.message).toBe(message);
    expect(error.code).toBe(message.startsWith('argument') ? 'ARGUMENT_UNSUPPORTED' : 'INVALID_ARG');
  });

  it('reports the alphabetically first problem, not the first given', () => {
    const params = new TypedParams().addInt('z', 1).addInt('m', 1).addInt('a', 1);
    expect(thrownBy(() => validate(params, { m: string, z: string })).param).toBe('a');
  });

  it('orders names by their bytes: capitals, underscores, letters, and the rest by code point', () => {
    const names = ['\u{1f6a2}', '\uff5e', 'a', '_', 'Z', 'ab', ''];
    const order: string[] = [];
    while (names.length > 0) {
      const params = new TypedParams(names.map((name) => ({ name, type: 'int', value: 1 }) as const));
      const { param = '?' } = thrownBy(() => validate(params, {}));
      order.push(param);
      names.splice(names.indexOf(param), 1);
    }
    expect(order).toEqual(['', 'Z', '_', 'a', 'ab', '\uff5e', '\u{1f6a2}']);
  });
});

describe('problems', () => {
  it('lists all, in the order given', () => {
    const params = new TypedParams()
      .addInt('z', 1)
      .addString('a', 'x')
      .addInt('n', 1)
      .addInt('a', 1)
      .addInt('z', 1)
      .addString('a', 'x');
    expect(problems(params, { a: string, n: string })).toEqual([
      {
        code: 'ARGUMENT_UNSUPPORTED',
        name: 'z',
        index: 0,
        message: "argument unsupported: parameter 'z' not supported",
      },
      {
        code: 'INVALID_ARG',
        name: 'n',
        index: 2,
        message: "invalid argument: invalid type 'int' for parameter 'n', expected 'string'",
      },
      {
        code: 'INVALID_ARG',
        name: 'a',
        index: 3,
        message: "invalid argument: parameter 'a' occurs multiple times",
      },
      {
        code: 'INVALID_ARG',
        name: 'a',
        index: 3,
        message: "invalid argument: invalid type 'int' for parameter 'a', expected 'string'",
      },
    ]);
  });

  it('are none exactly when validate has nothing to say, which otherwise says one of them', () => {
    const random = new Random(7);
    const names = ['a', 'b', 'c', 'd'];
    const types = ['int', 'string'] as const;
    for (let round = 0; round < 2000; round++) {
      const schema: Record<string, ParamSpec> = {};
      for (const name of names.slice(random.next(3))) {
        schema[name] = { type: types[random.next(2)] ?? 'int', multiple: random.next(2) === 0 };
      }
      const params = new TypedParams();
      for (let count = random.next(4); count > 0; count--) {
        const name = names[random.next(4)] ?? 'a';
        if (random.next(2) === 0) params.addInt(name, 1);
        else params.addString(name, 'x');
      }
      const found = problems(params, schema).map((problem) => problem.message);
      if (found.length === 0) expect(validate(params, schema)).toBe(params);
      else expect(found).toContain(thrownBy(() => validate(params, schema)).message);
    }
  });
});

describe('TypedParams.from', () => {
  it('makes parameters of a record, in its order', () => {
    const params = TypedParams.from(
      {
        migrate_disks: ['vda', 'vdb'],
        bandwidth: 100n,
        disks_port: 49152,
        migrate_uri: undefined,
        compression: 'mt',
      },
      migrationSchema,
    );
    expect([...params]).toEqual([
      { name: 'migrate_disks', type: 'string', value: 'vda' },
      { name: 'migrate_disks', type: 'string', value: 'vdb' },
      { name: 'bandwidth', type: 'ullong', value: 100n },
      { name: 'disks_port', type: 'int', value: 49152 },
      { name: 'compression', type: 'string', value: 'mt' },
    ]);
  });

  it('takes an empty list for an absent name, as libvirt does', () => {
    expect(TypedParams.from({ migrate_disks: [] }, migrationSchema).size).toBe(0);
  });

  it.each([
    [{ migrate_disk: 'vda' }, "argument unsupported: parameter 'migrate_disk' not supported"],
    [{ migrate_disk: undefined }, "argument unsupported: parameter 'migrate_disk' not supported"],
    [{ constructor: 1 }, "argument unsupported: parameter 'constructor' not supported"],
    [{ migrate_uri: ['a', 'b'] }, "invalid argument: parameter 'migrate_uri' occurs multiple times"],
    [
      { bandwidth: 100 },
      "invalid argument: Invalid value for field 'bandwidth': expected unsigned long long",
    ],
  ])('refuses what the compiler did not see: %o', (record, message) => {
    expect(thrownBy(() => TypedParams.from(record as object, migrationSchema)).message).toBe(message);
  });
});

describe('migrationSchema', () => {
  it('has every parameter, and several values where libvirt takes them', () => {
    expect(Object.keys(migrationSchema)).toHaveLength(25);
    const schema: Schema = migrationSchema;
    const multiple = Object.keys(schema).filter((name) => schema[name]?.multiple === true);
    expect(multiple).toEqual([
      'migrate_disks',
      'migrate_disks_detect_zeroes',
      'migrate_disks_target_zero',
      'compression',
    ]);
  });
});

it('defineSchema gives back what it got', () => {
  const schema = { a: string };
  expect(defineSchema(schema)).toBe(schema);
});
