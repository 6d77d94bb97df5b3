import { readdirSync, readFileSync } from 'node:fs';
import { requires } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { eventSources } from '../src/events.js';
import * as blockJobs from '../src/tables/block-jobs.js';
import * as checkpoints from '../src/tables/checkpoint-flags.js';
import { closeReasons } from '../src/tables/close-reasons.js';
import * as connections from '../src/tables/connection-flags.js';
import { credentialTypes } from '../src/tables/credential-types.js';
import * as domains from '../src/tables/domain-flags.js';
import { domainStates } from '../src/tables/domain-states.js';
import { errorCodes } from '../src/tables/error-codes.js';
import { errorDomains } from '../src/tables/error-domains.js';
import { errorLevels } from '../src/tables/error-levels.js';
import * as jobs from '../src/tables/jobs.js';
import { lifecycleEvents } from '../src/tables/lifecycle-events.js';
import * as storage from '../src/tables/storage.js';

const lab = requires('libvirt-headers');
const folder = '/usr/include/libvirt/';
const header = lab.available
  ? readdirSync(folder)
      .map((file) => readFileSync(folder + file, 'utf8'))
      .join('\n')
  : '';

/** Numbers by names as C has them. A table may be of another release than the header: what both have is compared. */
type Numbers = Readonly<Record<string, number>>;

describe.skipIf(!lab.available)("the tables are those of libvirt's headers", () => {
  it.each<[string, string, Numbers]>([
    ['virErrorNumber', '', prefixed('VIR_ERR_', errorCodes)],
    ['virErrorDomain', 'VIR_FROM_', numbered(errorDomains)],
    ['virErrorLevel', 'VIR_ERR_', numbered(errorLevels)],
    ['virConnectCloseReason', 'VIR_CONNECT_CLOSE_REASON_', numbered(closeReasons)],
    ['virConnectCredentialType', 'VIR_CRED_', numbered(credentialTypes, 1)],
    ['virDomainState', 'VIR_DOMAIN_', numbered(Object.keys(domainStates))],
    ['virDomainEventType', 'VIR_DOMAIN_EVENT_', numbered(Object.keys(lifecycleEvents))],
    ['virDomainJobType', 'VIR_DOMAIN_JOB_', numbered(jobs.jobTypes)],
    ['virDomainBlockJobType', 'VIR_DOMAIN_BLOCK_JOB_TYPE_', numbered(blockJobs.blockJobTypes)],
    ['virConnectDomainEventBlockJobStatus', 'VIR_DOMAIN_BLOCK_JOB_', numbered(blockJobs.blockJobStatuses)],
    ['virStoragePoolState', 'VIR_STORAGE_POOL_', numbered(storage.poolStates)],
    ['virStorageVolType', 'VIR_STORAGE_VOL_', numbered(storage.volumeTypes)],
  ])('%s', (type, prefix, ours) => {
    expectTheSame(prefixed(prefix, ours), theirs(type), [/_LAST$/, /^VIR_ERR_OK$/]);
  });

  it.each<[string, string, Numbers, ...RegExp[]]>([
    ['virConnectListAllDomainsFlags', 'VIR_CONNECT_LIST_DOMAINS_', connections.listDomainsFlags],
    ['virConnectListAllStoragePoolsFlags', 'VIR_CONNECT_LIST_STORAGE_POOLS_', connections.listPoolsFlags],
    ['virDomainStatsTypes', 'VIR_DOMAIN_STATS_', connections.domainStatsTypes],
    ['virConnectGetAllDomainStatsFlags', 'VIR_CONNECT_GET_ALL_DOMAINS_STATS_', connections.domainStatsFlags],
    ['virDomainXMLFlags', 'VIR_DOMAIN_XML_', domains.domainXmlFlags],
    ['virDomainDefineFlags', 'VIR_DOMAIN_DEFINE_', domains.domainDefineFlags],
    ['virDomainCreateFlags', 'VIR_DOMAIN_START_', domains.domainCreateFlags],
    ['virDomainDestroyFlagsValues', 'VIR_DOMAIN_DESTROY_', domains.domainDestroyFlags],
    ['virDomainShutdownFlagValues', 'VIR_DOMAIN_SHUTDOWN_', domains.domainShutdownFlags],
    ['virDomainUndefineFlagsValues', 'VIR_DOMAIN_UNDEFINE_', domains.domainUndefineFlags],
    ['virDomainModificationImpact', 'VIR_DOMAIN_AFFECT_', domains.modificationFlags],
    ['virDomainQemuMonitorCommandFlags', 'VIR_DOMAIN_QEMU_MONITOR_COMMAND_', domains.qemuMonitorFlags],
    ['virDomainGetJobStatsFlags', 'VIR_DOMAIN_JOB_STATS_', jobs.jobStatsFlags],
    ['virDomainAbortJobFlagsValues', 'VIR_DOMAIN_ABORT_JOB_', jobs.abortJobFlags],
    ['virDomainMigrateMaxSpeedFlags', 'VIR_DOMAIN_MIGRATE_MAX_SPEED_', jobs.migrateMaxSpeedFlags],
    ['virDomainBlockJobInfoFlags', 'VIR_DOMAIN_BLOCK_JOB_INFO_', blockJobs.blockJobInfoFlags],
    ['virDomainBlockJobAbortFlags', 'VIR_DOMAIN_BLOCK_JOB_ABORT_', blockJobs.blockJobAbortFlags],
    ['virDomainBlockJobSetSpeedFlags', 'VIR_DOMAIN_BLOCK_JOB_SPEED_', blockJobs.blockJobSpeedFlags],
    ['virDomainBackupBeginFlags', 'VIR_DOMAIN_BACKUP_BEGIN_', checkpoints.backupFlags],
    ['virDomainCheckpointCreateFlags', 'VIR_DOMAIN_CHECKPOINT_CREATE_', checkpoints.checkpointCreateFlags],
    ['virDomainCheckpointXMLFlags', 'VIR_DOMAIN_CHECKPOINT_XML_', checkpoints.checkpointXmlFlags],
    // DESCENDANTS is the other meaning of ROOTS, for the children of a checkpoint.
    [
      'virDomainCheckpointListFlags',
      'VIR_DOMAIN_CHECKPOINT_LIST_',
      checkpoints.checkpointListFlags,
      /_DESCENDANTS$/,
    ],
    ['virDomainCheckpointDeleteFlags', 'VIR_DOMAIN_CHECKPOINT_DELETE_', checkpoints.checkpointDeleteFlags],
    ['virStoragePoolDefineFlags', 'VIR_STORAGE_POOL_DEFINE_', storage.poolDefineFlags],
    ['virStoragePoolCreateFlags', 'VIR_STORAGE_POOL_CREATE_', storage.poolCreateFlags],
    ['virStoragePoolBuildFlags', 'VIR_STORAGE_POOL_BUILD_', storage.poolBuildFlags],
    ['virStoragePoolDeleteFlags', 'VIR_STORAGE_POOL_DELETE_', storage.poolDeleteFlags],
    ['virStorageXMLFlags', 'VIR_STORAGE_XML_', storage.storageXmlFlags],
    ['virStorageVolCreateFlags', 'VIR_STORAGE_VOL_CREATE_', storage.volumeCreateFlags],
    ['virStorageVolDeleteFlags', 'VIR_STORAGE_VOL_DELETE_', storage.volumeDeleteFlags],
    ['virStorageVolInfoFlags', 'VIR_STORAGE_VOL_', storage.volumeInfoFlags],
  ])('%s', (type, prefix, table, ...others) => {
    const bits = Object.entries(table).map(([name, bit]) => [prefix + name, 2 ** bit] as const);
    const set = Object.entries(theirs(type)).filter(([, value]) => value !== 0);
    expectTheSame(Object.fromEntries(bits), Object.fromEntries(set), others);
  });

  it.each(Object.entries(domainStates))('the reasons of %s', (state, reasons) => {
    const type = state === 'pmsuspended' ? 'PMSuspended' : capitalized(state);
    const ours = prefixed(`VIR_DOMAIN_${state.toUpperCase()}_`, numbered(reasons));
    expectTheSame(ours, theirs(`virDomain${type}Reason`), [/_LAST$/]);
  });

  it.each(Object.entries(lifecycleEvents))('the details of %s', (event, details) => {
    const type = event === 'pmsuspended' ? 'PMSuspended' : capitalized(event);
    const ours = prefixed(`VIR_DOMAIN_EVENT_${event.toUpperCase()}_`, numbered(details));
    expectTheSame(ours, theirs(`virDomainEvent${type}DetailType`), [/_LAST$/]);
  });

  it('virDomainEventID, of those that are taken', () => {
    const { BLOCK_JOB_2, ...ids } = Object.fromEntries(
      Object.entries(theirs('virDomainEventID')).map(([name, id]) => [
        name.replace('VIR_DOMAIN_EVENT_ID_', ''),
        id,
      ]),
    );
    for (const [kind, { id }] of Object.entries(eventSources)) {
      expect(id).toBe(kind === 'block-job' ? BLOCK_JOB_2 : ids[upper(kind)]);
    }
  });
});

function expectTheSame(ours: Numbers, theirs: Numbers, others: readonly RegExp[]): void {
  const known = Object.entries(theirs).filter(([name]) => !others.some((other) => other.test(name)));
  expect(known.length).toBeGreaterThan(0);
  const both = Object.fromEntries(known.filter(([name]) => !isNewer(name) || name in ours));
  const installed = Object.entries(ours).filter(([name]) => name in theirs || !isOld);
  expect(Object.fromEntries(installed)).toEqual(both);
}

/** What an enum of the headers has, zero and all. */
function theirs(type: string): Numbers {
  const end = new RegExp(String.raw`\}\s*${type};`).exec(header)?.index ?? 0;
  const start = header.lastIndexOf('typedef enum {', end) + 'typedef enum {'.length;
  const members = header
    .slice(start, end)
    .replaceAll(/\/\*[\s\S]*?\*\/|^\s*#.*$/gm, '')
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  const numbers: Record<string, number> = {};
  let next = 0;
  for (const member of members) {
    const [name = '', expression] = member.split(/\s*=\s*/);
    const value = expression === undefined ? next : numberOf(expression, numbers);
    numbers[name] = value;
    next = value + 1;
  }
  return numbers;
}

/** A number, `1 << 3`, or another member, be it of another enum. */
function numberOf(expression: string, numbers: Numbers): number {
  const shift = /^\(?(\d+)U? << (\d+)\)?$/.exec(expression);
  if (shift !== null) return Number(shift[1]) * 2 ** Number(shift[2]);
  if (/^\d+$/.test(expression)) return Number(expression);
  const own = numbers[expression];
  if (own !== undefined) return own;
  const definition = new RegExp(String.raw`\b${expression}\s*=\s*([^,/]*[^,/\s])`).exec(header)?.[1];
  if (definition === undefined) throw new Error(`what is ${expression}?`);
  return numberOf(definition, numbers);
}

function numbered(names: readonly string[], first = 0): Numbers {
  return Object.fromEntries(names.map((name, index) => [upper(name), index + first]));
}

/** Errors that were meant as warnings once have a prefix of their own. */
function prefixed(prefix: string, numbers: Numbers): Numbers {
  return Object.fromEntries(
    Object.entries(numbers).map(([name, number]) => [
      name.startsWith('WAR_') ? `VIR_${name}` : prefix + name,
      number,
    ]),
  );
}

function upper(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** Whether the headers say that a constant came after the tables were made. */
function isNewer(name: string): boolean {
  const comment = new RegExp(String.raw`\b${name}\b[^*]*/\*[^*]*Since: (\d+)\.(\d+)`).exec(header);
  const [, major, minor] = comment ?? [];
  return Number(major) * 1000 + Number(minor) > TABLES;
}

const version = Number(/LIBVIR_VERSION_NUMBER (\d+)/.exec(header)?.[1]);
/** The release that the tables are of: 11.3. */
const TABLES = 11_003;
const isOld = Math.trunc(version / 1000) < TABLES;
