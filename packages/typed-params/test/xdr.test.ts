import { describe, expect, it } from 'vitest';
import { MAX_STRING_BYTES, MAX_WIRE_PARAMS, TypedParams } from '../src/index.js';
import { anyParams } from './support/any-params.js';
import { Random } from './support/random.js';
import { thrownBy } from './support/thrown.js';

/** Bytes from groups of hexadecimal digits. */
function hex(...groups: readonly string[]): Uint8Array {
  return Uint8Array.from(Buffer.from(groups.join('').replaceAll(' ', ''), 'hex'));
}

const ONE = '00000001';
const NAME_A = '00000001 61000000';

describe('XDR', () => {
  // By hand from RFC 4506 and remote_protocol.x.
  it.each<[string, TypedParams, Uint8Array]>([
    ['nothing', new TypedParams(), hex('00000000')],
    ['int', new TypedParams().addInt('a', -2), hex(ONE, NAME_A, '00000001 fffffffe')],
    ['uint', new TypedParams().addUInt('a', 2 ** 32 - 1), hex(ONE, NAME_A, '00000002 ffffffff')],
    ['llong', new TypedParams().addLLong('a', -2n), hex(ONE, NAME_A, '00000003 fffffffffffffffe')],
    ['ullong', new TypedParams().addULLong('a', 2n ** 63n), hex(ONE, NAME_A, '00000004 8000000000000000')],
    ['double', new TypedParams().addDouble('a', -1.5), hex(ONE, NAME_A, '00000005 bff8000000000000')],
    ['boolean', new TypedParams().addBoolean('a', true), hex(ONE, NAME_A, '00000006 00000001')],
    ['string', new TypedParams().addString('a', 'é'), hex(ONE, NAME_A, '00000007 00000002 c3a90000')],
    [
      'a name of four bytes',
      new TypedParams().addInt('abcd', 1),
      hex(ONE, '00000004 61626364 00000001', ONE),
    ],
    ['an empty name and text', new TypedParams().addString('', ''), hex(ONE, '00000000 00000007 00000000')],
  ])('%s', (_what, params, bytes) => {
    expect(params.toXdr()).toEqual(bytes);
    expect([...TypedParams.fromXdr(bytes)]).toEqual([...params]);
  });

  it('brings back all that it takes, from any place in a buffer', () => {
    const random = new Random(11);
    for (let round = 0; round < 300; round++) {
      const params = anyParams(random, MAX_WIRE_PARAMS);
      const bytes = params.toXdr();
      const shifted = new Uint8Array(bytes.length + 7);
      shifted.set(bytes, 3);
      const read = TypedParams.fromXdr(shifted.subarray(3, 3 + bytes.length));
      expect([...read]).toEqual([...params]);
      expect(read.toXdr()).toEqual(bytes);
    }
  });

  it('is a copy that the next one does not change', () => {
    const first = new TypedParams().addInt('a', 1).toXdr();
    new TypedParams().addInt('b', 2).toXdr();
    expect(first).toEqual(new TypedParams().addInt('a', 1).toXdr());
  });

  it('may be lent until the next ones are written', () => {
    const first = new TypedParams().addInt('a', 1);
    const own = first.toXdr();
    const lent = first.toXdr({ lend: true });
    expect(lent).toEqual(own);
    const second = new TypedParams().addInt('b', 2).toXdr();
    expect(lent).toEqual(second);
    expect(own).not.toEqual(second);
  });

  it('keeps what it read from changing', () => {
    const [param] = TypedParams.fromXdr(new TypedParams().addInt('a', 1).toXdr());
    expect(() => Object.assign(param ?? {}, { value: 5 })).toThrow(TypeError);
  });

  it('keeps all that it gives out from changing, whichever way', () => {
    const bytes = new TypedParams().addInt('a', 1).addInt('a', 2).toXdr();
    const read = () => TypedParams.fromXdr(bytes);
    for (const params of [[...read()], [...read().entries()], read().filter('a'), [...read().clone()]]) {
      expect(params.map(Object.isFrozen)).toEqual([true, true]);
    }
  });

  it('brings back names, of which there may be more than are remembered', () => {
    const names = Array.from({ length: 3000 }, (_, i) => `block.${i}.${i % 7 === 0 ? '\u00e9' : 'e'}`);
    for (let round = 0; round < 2; round++) {
      for (let from = 0; from < names.length; from += 50) {
        const some = names.slice(from, from + 50);
        const bytes = some.reduce((params, name) => params.addBoolean(name, true), new TypedParams()).toXdr();
        const read = TypedParams.fromXdr(bytes);
        expect([...read].map(({ name }) => name)).toEqual(some);
        expect(read.toXdr()).toEqual(bytes);
      }
    }
  });

  it('knows a name from one that goes on, and from its bytes with other padding', () => {
    const named = (text: string) => TypedParams.fromXdr(new TypedParams().addInt(text, 1).toXdr());
    expect(['abcd', 'abc', 'abcde', 'abc', ''].map((name) => named(name).has(name))).not.toContain(false);
    const padded = hex(ONE, '00000003 61626301', '00000001', ONE);
    expect(thrownBy(() => TypedParams.fromXdr(padded)).message).toContain('a name is not padded with zeros');
  });

  it('writes one NaN, whichever it read', () => {
    const bytes = hex(ONE, NAME_A, '00000005 fff8000000000001');
    expect(TypedParams.fromXdr(bytes).toXdr()).toEqual(hex(ONE, NAME_A, '00000005 7ff8000000000000'));
    const read = new TypedParams().addFromString('a', 'double', '-nan');
    expect(read.toXdr()).toEqual(hex(ONE, NAME_A, '00000005 7ff8000000000000'));
  });

  it('takes whatever is not zero in the lowest byte for true, as libvirt does', () => {
    const value = (last: string) => TypedParams.fromXdr(hex(ONE, NAME_A, '00000006', last)).get('a');
    expect([value('000000ff'), value('00000100'), value('ffffff02')]).toEqual([true, false, true]);
  });
});

describe('the limits of libvirt', () => {
  it('are 64 parameters', () => {
    const params = new TypedParams().addStringList('d', new Array(MAX_WIRE_PARAMS).fill('x'));
    expect(TypedParams.fromXdr(params.toXdr()).size).toBe(64);
    expect(thrownBy(() => params.addInt('a', 1).toXdr())).toMatchObject({
      code: 'RPC',
      message: "too many parameters '65' for limit '64'",
    });
    expect(thrownBy(() => TypedParams.fromXdr(hex('00000041'))).message).toBe(
      "too many parameters '65' for limit '64'",
    );
  });

  it('are others where another limit is given', () => {
    const many = new TypedParams().addStringList('d', new Array(MAX_WIRE_PARAMS).fill('x')).toXdr();
    const count = 5 * MAX_WIRE_PARAMS;
    const bytes = new Uint8Array(4 + 5 * (many.length - 4));
    new DataView(bytes.buffer).setUint32(0, count);
    for (let at = 4; at < bytes.length; at += many.length - 4) bytes.set(many.subarray(4), at);
    expect(TypedParams.fromXdr(bytes, { limit: count }).getAll('d')).toEqual(new Array(count).fill('x'));
    expect(thrownBy(() => TypedParams.fromXdr(bytes, { limit: count - 1 }))).toMatchObject({
      code: 'RPC',
      message: "too many parameters '320' for limit '319'",
    });
    expect(thrownBy(() => TypedParams.fromXdr(many, { limit: 0 })).code).toBe('RPC');
  });

  it('are strings of 4 MiB', () => {
    const longest = new TypedParams().addString('s', `${'\u00e9'.repeat(MAX_STRING_BYTES / 2 - 1)}xy`);
    expect([...TypedParams.fromXdr(longest.toXdr())]).toEqual([...longest]);
    const tooLong = new TypedParams().addString('s', `${'\u00e9'.repeat(MAX_STRING_BYTES / 2)}x`);
    expect(thrownBy(() => tooLong.toXdr())).toMatchObject({
      code: 'RPC',
      message: 'Unable to encode message payload: a string has 4194305 bytes, the limit is 4194304',
    });
  });

  it('are messages of 32 MiB', () => {
    const text = 'x'.repeat(MAX_STRING_BYTES);
    const params = new TypedParams().addStringList('s', [text, text, text, text, text, text, text]);
    expect(params.toXdr().length).toBeGreaterThan(7 * MAX_STRING_BYTES);
    expect(thrownBy(() => params.addString('s', text).toXdr()).code).toBe('RPC');
  });
});

describe('from a peer that lies', () => {
  it.each<[string, Uint8Array, string]>([
    ['nothing at all', hex(''), 'the number of parameters takes 4 bytes, 0 are left, at byte 0'],
    ['half a count', hex('0000'), 'the number of parameters takes 4 bytes, 2 are left, at byte 0'],
    ['no parameter', hex(ONE), 'a name takes 4 bytes, 0 are left, at byte 4'],
    ['a name of 4 GiB', hex(ONE, 'ffffffff'), 'a name has 4294967295 bytes, the limit is 4194304, at byte 8'],
    ['a name cut off', hex(ONE, '00000005 61626364'), 'a name takes 8 bytes, 4 are left, at byte 8'],
    ['a name with a NUL', hex(ONE, '00000002 61000000 00000001 00000001'), 'a name has a NUL, at byte 12'],
    ['a name that is not UTF-8', hex(ONE, '00000002 c3280000'), 'a name is not UTF-8, at byte 12'],
    ['type 0', hex(ONE, NAME_A, '00000000'), 'unexpected type 0 for field a, at byte 16'],
    ['type 8', hex(ONE, NAME_A, '00000008'), 'unexpected type 8 for field a, at byte 16'],
    ['type 2^31', hex(ONE, NAME_A, '80000000'), 'unexpected type 2147483648 for field a, at byte 16'],
    ['half a value', hex(ONE, NAME_A, '00000004 00000000'), 'a takes 8 bytes, 4 are left, at byte 16'],
    [
      'a string longer than the message',
      hex(ONE, NAME_A, '00000007 00400000'),
      'a takes 4194304 bytes, 0 are left, at byte 20',
    ],
    [
      'a string above the limit',
      hex(ONE, NAME_A, '00000007 00400001'),
      'a has 4194305 bytes, the limit is 4194304, at byte 20',
    ],
    [
      'a string of half a character',
      hex(ONE, NAME_A, '00000007 00000002 e2820000'),
      'a is not UTF-8, at byte 24',
    ],
    ['a surrogate in UTF-8', hex(ONE, NAME_A, '00000007 00000003 eda08000'), 'a is not UTF-8, at byte 24'],
    [
      'padding that is not zero',
      hex(ONE, '00000001 61000100'),
      'a name is not padded with zeros, at byte 12',
    ],
    ['bytes left over', hex('00000000 00'), '1 bytes are left over, at byte 4'],
  ])('%s', (_what, bytes, message) => {
    expect(thrownBy(() => TypedParams.fromXdr(bytes))).toMatchObject({
      code: 'RPC',
      message: `Unable to decode message payload: ${message}`,
    });
  });

  it('a name of 80 bytes, which the wire takes and a parameter does not', () => {
    const name = 'n'.repeat(80);
    const bytes = hex(ONE, '00000050', '6e'.repeat(80), '00000001 00000001');
    expect(thrownBy(() => TypedParams.fromXdr(bytes))).toMatchObject({
      code: 'INTERNAL_ERROR',
      message: `internal error: parameter ${name} too big for destination`,
    });
  });

  it('a long text that is not UTF-8, or has a NUL', () => {
    const bytes = new TypedParams().addString('a', 'x'.repeat(1000)).toXdr();
    for (const byte of [0, 0xff]) {
      bytes[500] = byte;
      expect(thrownBy(() => TypedParams.fromXdr(bytes)).code).toBe('RPC');
    }
  });
});
