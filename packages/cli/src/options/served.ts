import { UsageError } from '../usage-error.js';
import { collectMapping, type Pair } from './pair-option.js';
import { parsePositiveSize } from './size.js';

/** What is served: a file (or device), or that many bytes of memory. */
export type Served = { readonly file: string } | { readonly memory: number };

/** `memory:SIZE`, or a path; `./memory:1` is a path. */
export function parseServed(text: string): Served {
  if (text.startsWith('memory:')) return { memory: parsePositiveSize(text.slice('memory:'.length)) };
  if (text === '') throw new UsageError('Give a file to serve, or memory:SIZE.');
  return { file: text };
}

/** Collects `NAME=FILE` and `NAME=memory:SIZE`; no name twice. */
export function collectServed(
  text: string,
  previous: readonly (readonly [name: string, served: Served])[] = [],
): readonly (readonly [name: string, served: Served])[] {
  const names = previous.map(([name]): Pair => [name, 'served']);
  const [name, what] = collectMapping(text, names).at(-1) ?? ['', ''];
  return [...previous, [name, parseServed(what)]];
}
