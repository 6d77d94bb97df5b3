import type { BindingConnection, BindingDomain } from '@blockferry/libvirt-native';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addon, isBuilt, open, testDomain } from './support/libvirt.js';

/** One parameter is said to follow. */
const ONE = [0, 0, 0, 1];
const PAD = [0, 0, 0, 0];

/** With methods that take anything: what the types forbid is what is tried here. */
type Loose<T> = { readonly [K in keyof T]: (...given: unknown[]) => unknown } & {
  readonly constructor: new () => unknown;
};

function loose<T>(given: T): Loose<T> {
  return given as unknown as Loose<T>;
}

describe.skipIf(!isBuilt)('wrong arguments', () => {
  let connection: BindingConnection;
  let domain: BindingDomain;

  beforeAll(async () => {
    connection = await open();
    domain = await testDomain(connection);
  });

  afterAll(() => connection.close());

  const cases: [
    message: string,
    call: (connection: Loose<BindingConnection>, domain: Loose<BindingDomain>) => unknown,
  ][] = [
    ['expected string for name but received 3 of type number', (c) => c.domainByName(3)],
    ['expected string for name but received undefined of type undefined', (c) => c.domainByName()],
    ['expected a string without NUL for name', (c) => c.domainByName('te\0st')],
    ['expected number for flags but received 0 of type string', (c) => c.domains('0')],
    ['expected number for id but received one of type symbol', (c) => c.domainById(Symbol('id'))],
    ['expected number for flags but received 1 of type bigint', (_, d) => d.xml(1n)],
    ['expected function for callback but received one of type object', (c) => c.onClose({})],
    ['expected connection for dest but received one of type object', (_, d) => d.migrate3({}, EMPTY, 0)],
    ['expected connection for dest but received one of type object', (_, d) => d.migrate3(d, EMPTY, 0)],
    [
      'expected Uint8Array for params but received one of type object',
      (c, d) => d.migrate3(c, new Int32Array(1), 0),
    ],
    ['expected bigint for bandwidth but received 1 of type number', (_, d) => d.migrateToUri('', 0, null, 1)],
    ['expected bigint for ms but received 5 of type number', (_, d) => d.migrateSetMaxDowntime(5, 0)],
    ['expected string for uri but received 5 of type number', () => addon().connect(5 as never, OPTIONS)],
    [
      'expected object for options but received one of type function',
      () => addon().connect('', (() => 0) as never),
    ],
    [
      'expected boolean for options.readOnly but received undefined of type undefined',
      () => addon().connect('', {} as never),
    ],
    [
      'expected function for options.auth but received undefined of type undefined',
      () => addon().connect('', { readOnly: false, credentialTypes: [2] }),
    ],
    [
      'expected function for options.onOpening but received one of type object',
      () => addon().connect('', { ...OPTIONS, onOpening: {} } as never),
    ],
    [
      'expected array for options.credentialTypes but received 2 of type number',
      () => addon().connect('', { readOnly: false, credentialTypes: 2 } as never),
    ],
    ['Illegal invocation', (c, d) => d.state.call(c)],
    ['BindingDomain is not for calling: connect() leads to one', (_, d) => new d.constructor()],
    ['BindingConnection is not for calling: connect() leads to one', (c) => new c.constructor()],
  ];
  it.each(cases)('throw a TypeError: %s', (message, call) => {
    expect(() => call(loose(connection), loose(domain))).toThrow(new TypeError(message));
  });

  const ranges: [message: string, call: () => unknown][] = [
    ['expected a whole number from 0 to 2^32-1 for flags but received -1', () => connection.domains(-1)],
    [
      'expected a whole number from 0 to 2^32-1 for flags but received 4294967296',
      () => connection.domains(2 ** 32),
    ],
    [
      'expected a whole number from 0 to 2^32-1 for flags but received NaN',
      () => connection.domains(Number.NaN),
    ],
    [
      'expected a whole number from -2^31 to 2^31-1 for id but received 0.5',
      () => connection.domainById(0.5),
    ],
    [
      'expected a bigint from 0 to 2^64-1 for mibPerSecond but received -1',
      () => domain.migrateSetMaxSpeed(-1n, 0),
    ],
    [
      'expected a bigint from 0 to 2^64-1 for ms but received 18446744073709551616',
      () => domain.migrateSetMaxDowntime(2n ** 64n, 0),
    ],
  ];
  it.each(ranges)('throw a RangeError: %s', (message, call) => {
    expect(call).toThrow(new RangeError(message));
  });

  const bytes: [fault: string, xdr: readonly number[]][] = [
    ['the number of parameters takes 4 bytes, 3 are left, at byte 0', [0, 0, 0]],
    ["too many parameters '4294967295' for their bytes, at byte 4", [0xff, 0xff, 0xff, 0xff]],
    ["too many parameters '1' for their bytes, at byte 4", [0, 0, 0, 1]],
    ['4 bytes are left over, at byte 4', [0, 0, 0, 0, 0, 0, 0, 0]],
    [
      'a name takes 4294967292 bytes, 12 are left, at byte 8',
      [...ONE, 0xff, 0xff, 0xff, 0xfc, ...PAD, ...PAD, ...PAD],
    ],
    ['a name has a NUL, at byte 12', [...ONE, 0, 0, 0, 1, 0, 0, 0, 0, ...PAD, ...PAD]],
    ['a name is not padded with zeros, at byte 12', [...ONE, 0, 0, 0, 1, 97, 1, 0, 0, ...PAD, ...PAD]],
    ['unexpected type 8 for field a, at byte 16', [...ONE, 0, 0, 0, 1, 97, 0, 0, 0, 0, 0, 0, 8, ...PAD]],
    [
      `parameter ${'n'.repeat(80)} too big for destination, at byte 88`,
      [...ONE, 0, 0, 0, 80, ...Array(80).fill(110)],
    ],
  ];
  it.each(bytes)('throw a TypeError of typed parameters: %s', (fault, xdr) => {
    expect(() => domain.migrate3(connection, Uint8Array.from(xdr), 0)).toThrow(
      new TypeError(`expected typed parameters in XDR for params: ${fault}`),
    );
  });
});

const OPTIONS = { readOnly: false, credentialTypes: [] };
const EMPTY = new Uint8Array(4);
