import { expect, it } from 'vitest';
import { failureText } from '../../src/output/failure-text.js';

it('names side and offset', () => {
  const text = failureText({
    code: 'NBD_EIO',
    message: 'Input/output error.',
    side: 'destination',
    offset: 1048576,
    length: 65536,
  });
  expect(text).toBe('Input/output error (on the destination, at offset 1048576 (65536 bytes)) [NBD_EIO]');
});

it('does not repeat what the message says', () => {
  const message = 'Reading 4096 bytes at 8192 of the source failed.';
  expect(failureText({ code: 'IO_EIO', message, side: 'source', offset: 8192 })).toBe(
    'Reading 4096 bytes at 8192 of the source failed [IO_EIO]',
  );
});
