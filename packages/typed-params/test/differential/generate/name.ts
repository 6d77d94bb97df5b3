import type { Random } from '../../support/random.js';
import { oneIn, oneOf } from './choice.js';

/** A few names: a sequence that uses them meets the same ones again. */
export function names(random: Random): string[] {
  return Array.from({ length: 1 + random.next(4) }, () =>
    oneIn(random, 6) ? oneOf(random, longNames) : oneOf(random, shortNames),
  );
}

const shortNames: readonly string[] = [
  'a',
  'b',
  'ab',
  'B',
  '',
  ' ',
  'migrate_disks',
  'bandwidth',
  'bandwidth.postcopy',
  "it's",
  '%s%n%1$s',
  'line\nbreak',
  '__proto__',
  'constructor',
  'toString',
  'ü',
  // Sorted by UTF-16 units these two change places.
  '\uffff',
  '\u{10000}',
];

// A name has 79 bytes at most; characters of two, three and four bytes end before, at and beyond them.
const longNames: readonly string[] = [
  ...[78, 79, 80, 81, 2000].map((length) => 'n'.repeat(length)),
  `${'n'.repeat(79)}a`,
  ...['', 'a', 'ab'].map((rest) => 'ü'.repeat(39) + rest),
  `${'n'.repeat(78)}ü`,
  ...['', 'a', 'ab'].map((rest) => '€'.repeat(26) + rest),
  `${'n'.repeat(78)}€`,
  ...['', 'abc', 'abcd'].map((rest) => '😀'.repeat(19) + rest),
  `${'n'.repeat(76)}😀`,
];
