import type { Sequence, Step } from './step.js';

/** Calls to which this package answers otherwise than libvirt, and is meant to. */
export interface Deviation {
  readonly what: string;
  readonly why: string;
  readonly sequence: Sequence;
  /** The answers to each step. */
  readonly libvirt: readonly string[];
  readonly ours: readonly string[];
}

const dump: Step = { call: 'dump' };

/** All of them; what {@link isTolerated} lets pass is covered here as well. */
export const deviations: readonly Deviation[] = [
  {
    what: 'An empty list of strings',
    why: 'libvirt fails and sets no error; nothing to add is no failure.',
    sequence: [{ call: 'addStringList', name: 'a', values: [] }, dump],
    libvirt: ['error 0 =no error', 'ok'],
    ours: ['ok', 'ok'],
  },
  {
    what: 'A missing string',
    why: 'libvirt stores an empty one; in JavaScript it is more likely a mistake.',
    sequence: [{ call: 'add', name: 'a', type: 'string', value: null as never }, dump],
    libvirt: ['ok', 'ok =a string ='],
    ours: ["error 8 =invalid argument: Invalid value for field 'a': expected string without NUL", 'ok'],
  },
  {
    what: 'A number for a boolean',
    why: 'C has no other booleans, JavaScript has.',
    sequence: [{ call: 'add', name: 'a', type: 'boolean', value: 2 }, dump],
    libvirt: ['ok', 'ok =a boolean 1'],
    ours: ["error 8 =invalid argument: Invalid boolean value for field 'a'", 'ok'],
  },
  {
    what: 'A NaN with a sign',
    why: 'JavaScript has one NaN.',
    sequence: [{ call: 'addFromString', name: 'a', type: 'double', text: '-nan' }, dump],
    libvirt: ['ok', 'ok =a double fff8000000000000'],
    ours: ['ok', 'ok =a double 7ff8000000000000'],
  },
  {
    what: 'A NaN with a payload',
    why: 'JavaScript has one NaN.',
    sequence: [{ call: 'addFromString', name: 'a', type: 'double', text: 'nan(0x123)' }, dump],
    libvirt: ['ok', 'ok =a double 7ff8000000000123'],
    ours: ['ok', 'ok =a double 7ff8000000000000'],
  },
  {
    what: 'The XDR of a NaN with a sign',
    why: 'JavaScript has one NaN; which bits an engine gives it must not show.',
    sequence: [{ call: 'addFromString', name: 'a', type: 'double', text: '-nan' }, { call: 'toXdr' }],
    libvirt: ['ok', 'ok 00000001000000016100000000000005fff8000000000000'],
    ours: ['ok', 'ok 000000010000000161000000000000057ff8000000000000'],
  },
  {
    what: 'A subnormal number one bit too precise',
    why: 'glibc before 2.41 loses that bit (its bug 30220) and takes the number for exact; it is out of range.',
    sequence: [{ call: 'addFromString', name: 'a', type: 'double', text: '0x1.00000000000008p-1023' }],
    libvirt: ['ok'],
    ours: ["error 8 =invalid argument: Invalid value for field 'a': expected double"],
  },
  {
    what: 'A NUL in a name',
    why: 'To C it ends the name: another parameter would be meant.',
    sequence: [{ call: 'add', name: 'a\0b', type: 'int', value: 1 }, dump],
    libvirt: ['ok', 'ok =a int 1'],
    ours: ['error 8 =invalid argument: Field name "a\\u0000b" has a NUL or a lone surrogate', 'ok'],
  },
  {
    what: 'A NUL in a string',
    why: 'To C it ends the string: the rest would be lost.',
    sequence: [{ call: 'add', name: 'a', type: 'string', value: 'vda\0vdb' }, dump],
    libvirt: ['ok', 'ok =a string =vda'],
    ours: ["error 8 =invalid argument: Invalid value for field 'a': expected string without NUL", 'ok'],
  },
  {
    what: 'A NUL in a text',
    why: 'To C it ends the text: half a number would be read.',
    sequence: [{ call: 'addFromString', name: 'a', type: 'int', text: '1\x002' }, dump],
    libvirt: ['ok', 'ok =a int 1'],
    ours: ["error 8 =invalid argument: Invalid value for field 'a': expected int", 'ok'],
  },
  {
    what: 'A lone surrogate in a name',
    why: 'It has no UTF-8 form, and what is sent in its place is the same for all of them.',
    sequence: [{ call: 'add', name: 'a\ud800', type: 'int', value: 1 }, dump],
    libvirt: ['ok', 'ok =a\ufffd int 1'],
    ours: ['error 8 =invalid argument: Field name "a\\ud800" has a NUL or a lone surrogate', 'ok'],
  },
  {
    what: 'A lone surrogate in a string',
    why: 'It has no UTF-8 form, and another string would be sent.',
    sequence: [{ call: 'add', name: 'a', type: 'string', value: '\ud800' }, dump],
    libvirt: ['ok', 'ok =a string =\ufffd'],
    ours: ["error 8 =invalid argument: Invalid value for field 'a': expected string without NUL", 'ok'],
  },
  {
    what: 'A name too long in a schema',
    why: 'No parameter can have it, so that it does no harm.',
    sequence: [
      { call: 'add', name: 'a', type: 'int', value: 1 },
      { call: 'validate', schema: { a: { type: 'int' }, ['n'.repeat(80)]: { type: 'int' } } },
    ],
    libvirt: ['ok', `error 1 =internal error: Field name '${'n'.repeat(80)}' too long`],
    ours: ['ok', 'ok'],
  },
  {
    what: "A double's text",
    why: "libvirt's has six digits, which read back to another double.",
    sequence: [
      { call: 'add', name: 'a', type: 'double', value: 0.1 + 0.2 },
      { call: 'format', type: 'double' },
    ],
    libvirt: ['ok', 'ok =a=0.3'],
    ours: ['ok', 'ok =a=0.30000000000000004'],
  },
  {
    what: 'The text of a parameter with an equals sign in its name',
    why: 'It would read back as another name and value.',
    sequence: [
      { call: 'add', name: 'a=b', type: 'int', value: 1 },
      { call: 'format', type: 'int' },
    ],
    libvirt: ['ok', 'ok =a=b=1'],
    ours: ['ok', "error 8 =invalid argument: Field name 'a=b' has a '=', which ends the name in NAME=VALUE"],
  },
  {
    what: 'XDR with a string that is not UTF-8',
    why: 'No JavaScript string holds it.',
    sequence: [
      { call: 'fromXdr', bytes: xdr('00000001', '00000001 61000000', '00000007', '00000001 ff000000') },
    ],
    libvirt: ['ok =a string =%FF'],
    ours: ['error 39 =Unable to decode message payload: a is not UTF-8, at byte 24'],
  },
  {
    what: 'XDR with a NUL in a name',
    why: 'To C it ends the name; two peers would read two names.',
    sequence: [{ call: 'fromXdr', bytes: xdr('00000001', '00000003 61006200', '00000001', '00000005') }],
    libvirt: ['lossy =a int 5'],
    ours: ['error 39 =Unable to decode message payload: a name has a NUL, at byte 12'],
  },
  {
    what: 'XDR whose padding is not zero',
    why: 'RFC 4506 wants zeros; there may be a fault in the lengths.',
    sequence: [{ call: 'fromXdr', bytes: xdr('00000001', '00000001 61ffffff', '00000001', '00000005') }],
    libvirt: ['lossy =a int 5'],
    ours: ['error 39 =Unable to decode message payload: a name is not padded with zeros, at byte 12'],
  },
];

function xdr(...words: readonly string[]): Uint8Array {
  return Buffer.from(words.join('').replaceAll(' ', ''), 'hex');
}
