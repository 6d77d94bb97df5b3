import { NbdError } from './error.js';

/**
 * How requests and replies look on the wire, each form richer than the one before: `simple` has no holes in reads
 * and no block status, `structured` has both, `extended` has 64-bit lengths besides.
 *
 * Source: NBD proto.md, NBD_OPT_STRUCTURED_REPLY and NBD_OPT_EXTENDED_HEADERS.
 */
export type Replies = 'simple' | 'structured' | 'extended';

export function checkReplies(replies: Replies | undefined): Replies | undefined {
  if (replies !== undefined && !FORMS.includes(replies)) {
    throw new NbdError('INVALID_ARGUMENT', `replies is "${replies}": give one of ${FORMS.join(', ')}.`);
  }
  return replies;
}

const FORMS: readonly Replies[] = ['simple', 'structured', 'extended'];
