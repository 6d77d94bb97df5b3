import type { MigrationCall } from '@blockferry/lab';
import {
  type MigrationCallName,
  migrationSchema,
  parse,
  type TypedParam,
  TypedParams,
} from '@blockferry/typed-params';
import { type Domain, type Host, MIGRATE_FLAGS, type MigrateFlag } from '../../src/index.js';

/** One of the six calls, said once: for libvirt's own C functions, and for ours. */
export interface SaidCall {
  readonly call: MigrationCallName;
  /** By their names, parted by spaces. */
  readonly flags: string;
  /** `NAME=VALUE`, or `NAME:TYPE=VALUE` where another type is wanted than libvirt's. */
  readonly params?: readonly string[];
  /** Of the calls that take a URI. @default the destination's */
  readonly to?: string | null;
  /** Where the guest's state goes; of `migrate` from peer to peer where the other daemon is. */
  readonly uri?: string | null;
  readonly dxml?: string | null;
  readonly dname?: string | null;
  readonly bandwidth?: number;
}

/** The call for the C program. */
export function toLibvirt(said: SaidCall, destination: string): MigrationCall {
  const { call, bandwidth = 0, to = destination, uri = null, dxml = null, dname = null } = said;
  const texts: Readonly<Record<MigrationCallName, readonly (string | null)[]>> = {
    migrate: [dname, uri],
    migrate2: [dxml, dname, uri],
    migrate3: [],
    migrateToURI: [to, dname],
    migrateToURI2: [to, uri, dxml, dname],
    migrateToURI3: [to],
  };
  const flags = flagsOf(said).reduce((bits, flag) => bits + MIGRATE_FLAGS[flag], 0);
  return { call, flags, bandwidth, texts: texts[call], params: [...paramsOf(said.params ?? [])] };
}

/** The call, made by us. */
export function make(said: SaidCall, domain: Domain, dest: Host): Promise<void> {
  const { call, bandwidth, to = dest.uri, uri, dxml, dname } = said;
  const flags = flagsOf(said);
  switch (call) {
    case 'migrate':
      return domain.migrate(dest, flags, dname, uri, bandwidth);
    case 'migrate2':
      return domain.migrate2(dest, dxml, flags, dname, uri, bandwidth);
    case 'migrate3':
      return domain.migrate3(dest, paramsOf(said.params ?? []), flags);
    case 'migrateToURI':
      return domain.migrateToURI(to, flags, dname, bandwidth);
    case 'migrateToURI2':
      return domain.migrateToURI2(to, uri, dxml, flags, dname, bandwidth);
    case 'migrateToURI3':
      return domain.migrateToURI3(to, paramsOf(said.params ?? []), flags);
  }
}

/** The call with a folder that exists, where it speaks of IMAGES. */
export function inFolder<C extends SaidCall>(said: C, images: string): C {
  const { params } = said;
  if (params === undefined) return said;
  return { ...said, params: params.map((text) => text.replace('IMAGES', images)) };
}

/** Parameters as a caller may have made them, sound or not; what libvirt does not know is a text if nothing else is said. */
export function paramsOf(texts: readonly string[]): TypedParams {
  const typed = new TypedParams();
  for (const text of texts) {
    const [, name = '', type, value = ''] = /^([^:=]+)(?::(\w+))?=(.*)$/.exec(text) ?? [];
    if (type === 'int') typed.addInt(name, Number(value));
    else if (type === 'string' || !Object.hasOwn(migrationSchema, name)) typed.addString(name, value);
    else for (const param of parse([text], migrationSchema)) append(typed, param);
  }
  return typed;
}

/** In short, for the name of a test. */
export function wordsOf({ call, flags, params = [], to, uri, dname }: SaidCall): string {
  const shown = Object.entries({ to, uri, dname }).filter(([, text]) => text !== undefined);
  const few = params.length > 4 ? [...params.slice(0, 2), `... (${params.length})`] : params;
  return [call, flags, ...few, ...shown.map(([name, text]) => `${name}=${JSON.stringify(text)}`)].join(' ');
}

function flagsOf({ flags }: SaidCall): MigrateFlag[] {
  return flags.split(' ').filter((name) => name !== '') as MigrateFlag[];
}

function append(params: TypedParams, { name, type, value }: TypedParam): void {
  params.append(name, type, value);
}
