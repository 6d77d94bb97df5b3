import { readFileSync } from 'node:fs';
import { requires } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { jobStatistics, migrationFlags, migrationSchema, type Schema } from '../../src/index.js';

const lab = requires('libvirt-headers');
const folder = '/usr/include/libvirt/';
const header = lab.available ? readFileSync(`${folder}libvirt-domain.h`, 'utf8') : '';

describe.skipIf(!lab.available)("the tables are those of libvirt's header", () => {
  it.each<[string, Schema]>([
    ['VIR_MIGRATE_PARAM_', migrationSchema],
    ['VIR_DOMAIN_JOB_', jobStatistics],
  ])('%s*: names, types, ranges, values and releases', (prefix, schema) => {
    const theirs = constants(prefix);
    const ours = installed(schema);
    expect(Object.keys(ours).toSorted()).toEqual(Object.keys(theirs).toSorted());
    expect(Object.keys(theirs).length).toBeGreaterThan(20);
    expect(ours).toMatchObject(theirs);
  });

  it('virDomainMigrateFlags: names, bits and releases', () => {
    const body = /typedef enum \{(?:(?!typedef)[\s\S])*\} virDomainMigrateFlags;/.exec(header)?.[0] ?? '';
    const members = body.matchAll(/\/\*((?:(?!\*\/)[\s\S])*)\*\/\s*VIR_MIGRATE_(\w+) = \(1 << (\d+)\)/g);
    const theirs = [...members].map(([, comment = '', name, bit]) => [name, Number(bit), sinceIn(comment)]);
    const ours = Object.entries(migrationFlags).filter(([, { since }]) => isInstalled(since));
    expect(ours.map(([name, { bit, since }]) => [name, bit, since])).toEqual(theirs);
    expect(theirs.length).toBeGreaterThan(20);
  });
});

/** What is compared of a parameter. Of what the header says nothing, nothing is compared. */
interface Facts {
  readonly macro?: string | undefined;
  readonly type?: string | undefined;
  readonly multiple: boolean;
  readonly since: string | undefined;
  readonly unit?: string | undefined;
  readonly range?: string | undefined;
  readonly words?: readonly string[] | undefined;
}

/** The string constants of the header, by their strings, with what their comments say. */
function constants(prefix: string): Record<string, Facts> {
  const comment = String.raw`/\*\*((?:(?!\*/)[\s\S])*)\*/`;
  const pattern = new RegExp(String.raw`${comment}\s*# define (${prefix}\w+)\s+"([^"]+)"`, 'g');
  const found = [...header.matchAll(pattern)].map(([, text = '', macro, name]) => {
    return [name, { macro, ...factsIn(text.replaceAll(/\s*\n \*\s*/g, ' ')) }];
  });
  return Object.fromEntries(found) as Record<string, Facts>;
}

function factsIn(comment: string): Facts {
  const type = /VIR_TYPED_PARAM_(\w+)/.exec(comment)?.[1];
  const range = /Accepted values are in range (\d+-\d+)/.exec(comment)?.[1];
  const words = /(?:compression methods: (.+?)\.|Only schemes (.+) are accepted)/.exec(comment);
  return {
    ...(type !== undefined && { type: type.toLowerCase() }),
    multiple: comment.includes('params multiple field'),
    since: sinceIn(comment),
    ...(comment.includes('MiB/s') && { unit: 'MiB/s' }),
    ...(/\(ms\)|in milliseconds/.test(comment) && { unit: 'ms' }),
    ...(range !== undefined && { range }),
    ...(words !== null && { words: (words[1] ?? words[2] ?? '').match(/\b(?!and)\w+/g) ?? [] }),
  };
}

/** The table, without what is newer than the header. */
function installed(schema: Schema): Record<string, Facts> {
  const known = Object.entries(schema).filter(([, { since = '' }]) => isInstalled(since));
  const facts = known.map(
    ([name, { macro, type, multiple = false, since, unit, range, values, schemes }]) => {
      return [
        name,
        { macro, type, multiple, since, unit, range: range?.join('-'), words: values ?? schemes },
      ] as const;
    },
  );
  return Object.fromEntries(facts);
}

function sinceIn(comment: string): string | undefined {
  return /Since: ([\d.]+)/.exec(comment)?.[1];
}

/** Whether the header is of that release or a later one. */
function isInstalled(since: string): boolean {
  const common = readFileSync(`${folder}libvirt-common.h`, 'utf8');
  const version = Number(/LIBVIR_VERSION_NUMBER (\d+)/.exec(common)?.[1]);
  const [major = 0, minor = 0, release = 0] = since.split('.').map(Number);
  return major * 1_000_000 + minor * 1000 + release <= version;
}
