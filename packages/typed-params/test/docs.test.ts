import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { migrationSchema, parse, TypedParams } from '../src/index.js';

const page = readFileSync(new URL('../../../docs/typed-parameters.md', import.meta.url), 'utf8');
/** Of the table of quirks: what, examples, what becomes of them by default, and with `strict`. */
const rows = page
  .slice(page.indexOf('| quirk'))
  .split('\n\n')[0]
  ?.split('\n')
  .slice(2)
  .map((line) => line.split('|').map((cell) => cell.trim())) as [string, string, string, string, string][];

describe('docs/typed-parameters.md is right on', () => {
  it.each(rows)('%s%s: %s', (_, quirk, examples, byDefault, strict) => {
    for (const [, example = ''] of examples.matchAll(/`([^`]+)`/g)) {
      const type = /boolean|another one/.test(quirk) ? 'boolean' : 'double';
      expect(isTaken(example, type, false)).toBe(!byDefault.startsWith('refused'));
      expect(isTaken(example, type, true)).toBe(
        !(strict === 'the same' ? byDefault : strict).startsWith('refused'),
      );
      const value = /(?:: )(\d+)$/.exec(byDefault)?.[1];
      if (value !== undefined) expect(String(read(example, type))).toBe(value);
    }
  });
});

function isTaken(example: string, type: 'boolean' | 'double', strict: boolean): boolean {
  try {
    read(example, type, strict);
    return true;
  } catch {
    return false;
  }
}

/** `NAME=VALUE` of a migration, or a value alone. */
function read(example: string, type: 'boolean' | 'double', strict = false): unknown {
  const params: TypedParams = example.includes('=')
    ? parse([example], migrationSchema, { strict })
    : new TypedParams().addFromString('x', type, example, { strict });
  return params.get([...params][0]?.name ?? '');
}
