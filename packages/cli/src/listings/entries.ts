import { QEMU_FLAGS, QEMU_PARAMETERS } from '@blockferry/migrate';
import { migrationFlags, migrationSchema, type Schema } from '@blockferry/typed-params';

/** What is listed of a parameter: a line of `--json`. */
export interface ParameterEntry {
  readonly type: 'parameter';
  readonly name: string;
  readonly valueType: string;
  readonly unit?: string;
  readonly repeats: boolean;
  /** The least and the greatest value. */
  readonly range?: readonly (number | bigint)[];
  readonly values?: readonly string[];
  /** Of a URI. */
  readonly schemes?: readonly string[];
  readonly since: string;
  /** Whether it means something without libvirt. */
  readonly qemu: boolean;
  readonly meaning: string;
}

/** What is listed of a flag: a line of `--json`. */
export interface FlagEntry {
  readonly type: 'flag';
  readonly name: string;
  readonly value: number;
  readonly since: string;
  readonly qemu: boolean;
  readonly meaning: string;
}

export function parameterEntries(): ParameterEntry[] {
  const schema: Schema = migrationSchema;
  const onQemu: ReadonlySet<string> = new Set(QEMU_PARAMETERS);
  return Object.entries(schema).map(
    ([name, { type, unit, multiple, range, values, schemes, since = '', meaning = '' }]) => ({
      type: 'parameter',
      name,
      valueType: type,
      ...(unit !== undefined && { unit }),
      repeats: multiple ?? false,
      ...(range !== undefined && { range }),
      ...(values !== undefined && { values }),
      ...(schemes !== undefined && { schemes }),
      since,
      qemu: onQemu.has(name),
      meaning,
    }),
  );
}

export function flagEntries(): FlagEntry[] {
  const onQemu: ReadonlySet<string> = new Set(QEMU_FLAGS);
  return Object.entries(migrationFlags).map(([name, { bit, since, meaning }]) => ({
    type: 'flag',
    name,
    value: 1 << bit,
    since,
    qemu: onQemu.has(name),
    meaning,
  }));
}
