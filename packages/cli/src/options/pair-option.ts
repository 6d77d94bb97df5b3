import { InvalidArgumentError } from 'commander';

/** A `KEY=VALUE` of a repeatable option. */
export type Pair = readonly [key: string, value: string];

/** Collects `KEY=VALUE`, split at the first `=`; neither side may be empty. */
export function collectPair(text: string, previous: readonly Pair[] = []): readonly Pair[] {
  const at = text.indexOf('=');
  if (at <= 0 || at === text.length - 1)
    throw new InvalidArgumentError('Write it like NAME=VALUE, neither empty.');
  return [...previous, [text.slice(0, at), text.slice(at + 1)]];
}

/** Like `collectPair`, where a key may not be given two values. */
export function collectMapping(text: string, previous: readonly Pair[] = []): readonly Pair[] {
  const pairs = collectPair(text, previous);
  if (new Map(pairs).size !== pairs.length) {
    throw new InvalidArgumentError(`${text.slice(0, text.indexOf('='))} is mapped twice.`);
  }
  return pairs;
}
