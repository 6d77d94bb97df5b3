import { expect, it } from 'vitest';
import { printable } from '../../src/output/printable.js';

it('leaves names alone and defuses what could steer a terminal', () => {
  expect(printable('Größe vda/1 ✓')).toBe('Größe vda/1 ✓');
  expect(printable('\u001b[2Jx\n\u202ey')).toBe('\\u{1b}[2Jx\\u{a}\\u{202e}y');
});
