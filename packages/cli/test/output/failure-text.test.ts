import { expect, it } from 'vitest';
import { failureText, tellFailure } from '../../src/output/failure-text.js';
import { Sink } from '../../src/output/sink.js';
import { FakeStream } from '../support/fake-shell.js';

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

it('tells every problem of a refusal once, and that nothing was changed', () => {
  const stderr = new FakeStream();
  const one = { code: 'DISK_NOT_FOUND', message: 'There is no disk vdx.' } as const;
  const two = { code: 'DISK_READ_ONLY', disk: 'vdc', message: 'It is read-only.' } as const;
  const refused = { code: 'REFUSED', message: '2 things have to be put right first.' };
  tellFailure(new Sink(stderr, {}), refused, [one, two]);
  tellFailure(new Sink(stderr, {}), one, [one]);
  expect(stderr.text).toBe(`error: 2 things have to be put right first [REFUSED]
  - There is no disk vdx. [DISK_NOT_FOUND]
  - vdc: It is read-only. [DISK_READ_ONLY]
Nothing was changed.
error: There is no disk vdx [DISK_NOT_FOUND]
Nothing was changed.
`);
});
