import type { MigrationCall } from '@blockferry/lab';
import {
  type MigrationCallName,
  type MigrationCondition,
  type MigrationFlag,
  type MigrationRule,
  type MigrationValueCondition,
  migrationFlags,
  migrationSchema,
  parse,
  type TypedParam,
} from '../../src/index.js';
import type { Random } from '../support/random.js';

/** What one of libvirt's calls is asked for. */
export interface Call {
  /** @default the new one that takes such flags */
  readonly call?: MigrationCallName;
  readonly params: readonly TypedParam[];
  readonly flags: readonly MigrationFlag[];
}

/** The call as it is made, to a destination of that URI. */
export function toMigrationCall({ call, params, flags }: Call, uri: string): MigrationCall {
  const bits = flags.reduce((sum, flag) => sum + 2 ** migrationFlags[flag].bit, 0);
  const name = call ?? (flags.includes('PEER2PEER') ? 'migrateToURI3' : 'migrate3');
  return { call: name, flags: bits, params, texts: name.includes('URI') ? [uri] : [] };
}

/** The old calls, each with a few flags of all. */
export function oldCalls(random: Random, count: number): Call[] {
  const names = ['migrate', 'migrate2', 'migrateToURI', 'migrateToURI2'] as const;
  return names.flatMap((call) => {
    return Array.from({ length: count }, () => {
      const start: MigrationFlag[] = random.next(2) === 0 ? ['PARALLEL', 'TUNNELLED'] : [];
      const { flags } = withMore({ params: [], flags: ['UNSAFE', 'LIVE', ...start] }, random);
      return { call, params: [], flags };
    });
  });
}

/** A call that a rule forbids. */
export function callOf({ given, unless = [] }: MigrationRule): Call {
  const flags = new Set<MigrationFlag>(['UNSAFE', 'LIVE']);
  const chosen: string[] = [];
  for (const condition of given.flatMap((each) => [each].flat().slice(0, 1))) {
    if (isFlag(condition)) flags.add(condition);
    else chosen.push(...textsFor(condition));
  }
  if (flags.has('TUNNELLED')) flags.add('PEER2PEER');
  if (flags.has('OFFLINE')) flags.add('PERSIST_DEST');
  for (const condition of unless) {
    if (isFlag(condition)) flags.delete(condition);
  }
  return toCall(chosen, flags);
}

/** The call as the source daemon makes it. */
export function fromPeerToPeer({ params, flags }: Call): Call {
  return { params, flags: [...new Set<MigrationFlag>([...flags, 'PEER2PEER'])] };
}

/** The call, and up to three more parameters and flags; but what libvirt would look at as a resumption. */
export function withMore({ params, flags }: Call, random: Random): Call {
  const one = <T>(items: readonly T[]): T => items[random.next(items.length)] as T;
  const more = new Set(flags);
  for (let count = random.next(4); count > 0; count--) more.add(one(FLAGS));
  if (random.next(8) === 0) more.delete('LIVE');
  if (more.has('POSTCOPY_RESUME')) more.delete('POSTCOPY');
  const names = new Set(params.map(({ name }) => name));
  const chosen: string[] = [];
  for (let count = random.next(4); count > 0; count--) {
    const text = one(TEXTS);
    const [name = ''] = text.split('=');
    if (name === 'compression' || !names.has(name)) chosen.push(text);
    names.add(name);
  }
  const call = toCall(chosen, more);
  return { ...call, params: [...params, ...call.params] };
}

function toCall(chosen: readonly string[], flags: ReadonlySet<MigrationFlag>): Call {
  return { params: [...parse(chosen, migrationSchema)], flags: [...flags] };
}

/** Parameters that meet a condition. */
function textsFor(condition: MigrationCondition | MigrationValueCondition): string[] {
  if (typeof condition === 'object') {
    return 'outside' in condition ? texts(WRONG, condition.outside) : [MT, MT];
  }
  return condition.includes('=') ? texts(TEXTS, condition) : texts(TEXTS, `${condition}=`);
}

/** The first text that begins so. */
function texts(all: readonly string[], start: string): string[] {
  return all.filter((text) => text.startsWith(start)).slice(0, 1);
}

function isFlag(condition: unknown): condition is MigrationFlag {
  return typeof condition === 'string' && Object.hasOwn(migrationFlags, condition);
}

const FLAGS = (Object.keys(migrationFlags) as MigrationFlag[]).filter((flag) => flag !== 'POSTCOPY_RESUME');

const MT = 'compression=mt';

/** Values that are refused by themselves. */
const WRONG: readonly string[] = [
  ...['disks_port=65536', 'disks_port=-1', 'disks_uri=ftp://h', 'compression=lz4'],
  ...['bandwidth=8796093022208', 'bandwidth.postcopy=17592186044416'],
  'bandwidth.avail.switchover=17592186044416',
];

const TEXTS: readonly string[] = [
  ...['migrate_uri=tcp://h', 'migrate_uri=unix:///s', 'listen_address=192.0.2.1', 'tls.destination=h'],
  ...['migrate_disks=vda', 'migrate_disks_detect_zeroes=vdb'],
  ...['disks_port=65535', 'disks_port=0', 'disks_uri=tcp://h:1', 'disks_uri=unix:///t'],
  ...['bandwidth=8796093022207', 'bandwidth.postcopy=17592186044415'],
  'bandwidth.avail.switchover=17592186044415',
  ...[MT, 'compression=xbzrle', 'compression=zlib', 'compression=zstd'],
  ...['compression.mt.level=10', 'compression.mt.threads=1', 'compression.mt.dthreads=1'],
  ...['compression.xbzrle.cache=65536', 'compression.zlib.level=1', 'compression.zstd.level=1'],
  ...['auto_converge.initial=1', 'auto_converge.increment=1', 'parallel.connections=2'],
  ...WRONG,
];
