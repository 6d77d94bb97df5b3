import type { ParamValue, TypedParam } from '../param.js';
import { type ParamSpec, specOf } from '../schema.js';
import { type MigrationFlag, migrationFlags } from './flags.js';
import { migrationSchema } from './parameters.js';
import { type MigrationCallName, type MigrationMoment, rulesOf } from './rule-order.js';
import type {
  MigrationCondition,
  MigrationConflictCode,
  MigrationRule,
  MigrationValueCondition,
} from './rules.js';

/** Parameters and flags that libvirt refuses together. */
export interface MigrationConflict {
  readonly code: MigrationConflictCode;
  /** What libvirt says, its prefix included where it has one. */
  readonly message: string;
  /** The first parameter that takes part. */
  readonly param?: string;
  /** The first flag that takes part. */
  readonly flag?: MigrationFlag;
  /** Told where the call is made, before a host hears of it. */
  readonly early?: true;
}

/**
 * Everything in `params` and `flags` that libvirt refuses because of each other or of a value, whatever the domain and
 * the hosts are; in the order in which that call meets them. libvirt itself tells the first.
 *
 * Whether a parameter is known, of the right type and given once is for `validate`; of one that is not, and of flags
 * that libvirt does not know, nothing is told here.
 *
 * `call` is `migrateToURI3` with `PEER2PEER`, else `migrate3`, if nothing else is said.
 */
export function migrationConflicts(
  params: Iterable<TypedParam>,
  flags: Iterable<string>,
  call?: MigrationCallName,
): MigrationConflict[] {
  const request = new Request(params, flags);
  const isPeerToPeer = request.has('PEER2PEER');
  const rules = rulesOf(call ?? (isPeerToPeer ? 'migrateToURI3' : 'migrate3'), isPeerToPeer);
  const found = new Map<string, MigrationConflict>();
  for (const conflict of rules.flatMap((moment) => request.conflictsAt(moment))) {
    if (!found.has(conflict.message)) found.set(conflict.message, conflict);
  }
  return [...found.values()];
}

/** What meets a condition: a parameter, with the value that does and its place among the values, or a flag. */
interface Finding {
  readonly name: string;
  readonly value?: ParamValue;
  readonly index?: number;
}

/** A conflict, and the value with which libvirt has seen all of it. */
interface Met {
  readonly conflict: MigrationConflict;
  readonly index: number;
}

/** The parameters and flags of one migration, by name. */
class Request {
  readonly #values = new Map<string, ParamValue[]>();
  readonly #flags: ReadonlySet<string>;

  constructor(params: Iterable<TypedParam>, flags: Iterable<string>) {
    for (const { name, value } of params) {
      const values = this.#values.get(name) ?? [];
      this.#values.set(name, values);
      values.push(value);
    }
    this.#flags = new Set(flags);
  }

  has(flag: MigrationFlag): boolean {
    return this.#flags.has(flag);
  }

  /** In the order of the values that libvirt looks at. */
  conflictsAt(moment: MigrationMoment): MigrationConflict[] {
    const met = [moment].flat().flatMap((rule) => this.#meet(rule) ?? []);
    return met.toSorted((a, b) => a.index - b.index).map(({ conflict }) => conflict);
  }

  #meet({ given, unless = [], code, message, early }: MigrationRule): Met | undefined {
    const findings: Finding[] = [];
    for (const condition of given) {
      const finding = first([condition].flat(), (alternative) => this.#find(alternative));
      if (finding === undefined) return undefined;
      findings.push(finding);
    }
    if (unless.some((condition) => this.#find(condition) !== undefined)) return undefined;
    const param = findings.find(({ name }) => !isFlag(name))?.name;
    const flag = findings.map(({ name }) => name).find(isFlag);
    const value = findings.find((finding) => finding.value !== undefined)?.value;
    const conflict: MigrationConflict = {
      code,
      message: message.replace('%s', () => String(value)),
      ...(param !== undefined && { param }),
      ...(flag !== undefined && { flag }),
      ...(early && { early }),
    };
    return { conflict, index: Math.max(...findings.map(({ index = 0 }) => index)) };
  }

  #find(condition: MigrationCondition | MigrationValueCondition): Finding | undefined {
    if (typeof condition === 'object') return this.#findValue(condition);
    const [name = '', wanted] = condition.split('=', 2);
    if (isFlag(name)) return this.has(name) ? { name } : undefined;
    const values = this.#values.get(name);
    if (values === undefined) return undefined;
    const index = wanted === undefined ? 0 : values.findIndex((value) => isOf(wanted, value));
    return index < 0 ? undefined : { name, index };
  }

  #findValue(condition: MigrationValueCondition): Finding | undefined {
    const name = 'outside' in condition ? condition.outside : condition.repeated;
    const values = this.#values.get(name) ?? [];
    for (const [index, value] of values.entries()) {
      const fault =
        'outside' in condition
          ? outside(specOf(migrationSchema, name), value)
          : values.indexOf(value) < index
            ? value
            : undefined;
      if (fault !== undefined) return { name, value: fault, index };
    }
    return undefined;
  }
}

/** Whether `value` is the one, or a URI of the scheme, that a condition names. */
function isOf(wanted: string, value: ParamValue): boolean {
  const text = String(value);
  return wanted.endsWith(':') ? text.startsWith(wanted) : text === wanted;
}

/** The part of `value` that a parameter may not have; undefined if it may have all of it. */
function outside(spec: ParamSpec | undefined, value: ParamValue): ParamValue | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') {
    const [least, greatest] = spec?.range ?? [value, value];
    return value < least || value > greatest ? value : undefined;
  }
  if (typeof value !== 'string') return undefined;
  if (spec?.values?.includes(value) === false) return value;
  const scheme = /^([^:/?#]+):/.exec(value)?.[1];
  return scheme !== undefined && spec?.schemes?.includes(scheme) === false ? scheme : undefined;
}

function isFlag(name: string): name is MigrationFlag {
  return Object.hasOwn(migrationFlags, name);
}

/** The first that `map` makes of the items, undefined left aside. */
function first<Item, Mapped>(
  items: readonly Item[],
  map: (item: Item) => Mapped | undefined,
): Mapped | undefined {
  for (const item of items) {
    const mapped = map(item);
    if (mapped !== undefined) return mapped;
  }
  return undefined;
}
