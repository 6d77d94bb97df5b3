import { InvalidArgumentError } from 'commander';

/** Collects a repeatable option of comma-separated names: `--x vda,vdb --x vdc`. An empty name is refused. */
export function collectList(text: string, previous: readonly string[] = []): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) {
    throw new InvalidArgumentError('A name in the list is empty: write it like vda,vdb.');
  }
  return [...previous, ...names];
}

/** Collects a repeatable option that takes one value a time. */
export function collect(text: string, previous: readonly string[] = []): readonly string[] {
  if (text === '') throw new InvalidArgumentError('It is empty.');
  return [...previous, text];
}
