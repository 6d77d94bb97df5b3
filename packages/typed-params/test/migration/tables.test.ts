import { describe, expect, it } from 'vitest';
import { jobStatistics, migrationFlags, migrationSchema, type Schema, TypedParams } from '../../src/index.js';

describe.each<[string, Schema]>([
  ['migrationSchema', migrationSchema],
  ['jobStatistics', jobStatistics],
])('%s', (_name, schema) => {
  it.each(Object.entries(schema))('%s goes through the wire form', (name, { type, multiple }) => {
    const value = { int: 1, uint: 1, llong: 1n, ullong: 1n, double: 0.5, boolean: true, string: 'x' }[type];
    const params = new TypedParams().append<string, typeof type>(name, type, value);
    if (multiple === true) params.append<string, typeof type>(name, type, value);
    expect([...TypedParams.fromXdr(params.toXdr())]).toEqual([...params]);
  });

  it('says of each what it is, since when, and by which macro', () => {
    for (const spec of Object.values(schema)) {
      expect(spec.meaning).toMatch(/^[A-Z].*\.$/);
      expect(spec.since).toMatch(/^\d+\.\d+\.\d+$/);
      expect(spec.macro).toMatch(/^VIR_(MIGRATE_PARAM|DOMAIN_JOB)_[A-Z_]+$/);
    }
  });
});

it('flags have a bit each, from 0 on', () => {
  expect(Object.values(migrationFlags).map(({ bit }) => bit)).toEqual([...Array(21).keys()]);
});
