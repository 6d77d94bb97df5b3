import {
  autoConverge,
  begin,
  compression,
  compressionTuning,
  diskPortOrUri,
  disksNowhere,
  fullOrIncremental,
  listenOnSocket,
  type MigrationRule,
  oldTunnelWithoutPeer,
  parallelConnections,
  parallelTunnel,
  peerToPeerToConnection,
  perform,
  postcopyBandwidth,
  server,
  switchoverBandwidth,
  tunnel,
  tunnelWithoutPeer,
  writesWithoutCopy,
} from './rules.js';

/** One of libvirt's six calls: of `virDomainMigrateToURI3` what comes after `virDomain`, in its case in JavaScript. */
export type MigrationCallName =
  | 'migrate'
  | 'migrate2'
  | 'migrate3'
  | 'migrateToURI'
  | 'migrateToURI2'
  | 'migrateToURI3';

/** The rules of one moment: one alone, or some that are looked at together for each value of a parameter in turn. */
export type MigrationMoment = MigrationRule | readonly MigrationRule[];

/** The rules of a call, in the order in which it meets them. */
export function rulesOf(call: MigrationCallName, isPeerToPeer: boolean): readonly MigrationMoment[] {
  const later = isPeerToPeer ? peerToPeerOrder : managedOrder;
  const isWithoutParams = OLD.includes(call) && !isPeerToPeer;
  return [...EARLY[call], ...later.filter((rule) => !(isWithoutParams && rule === disksNowhere))];
}

/** What a migration meets that a client manages: the source's begin, the destination's prepare, the source's perform. */
const managedOrder: readonly MigrationMoment[] = [
  ...begin,
  postcopyBandwidth,
  parallelConnections,
  compression,
  ...compressionTuning,
  diskPortOrUri,
  disksNowhere,
  listenOnSocket,
  ...server,
  switchoverBandwidth,
  autoConverge,
  ...tunnel,
  ...perform,
];

/** The same, as the source meets it when it does everything (`PEER2PEER`). */
const peerToPeerOrder: readonly MigrationMoment[] = [
  diskPortOrUri,
  listenOnSocket,
  disksNowhere,
  postcopyBandwidth,
  switchoverBandwidth,
  autoConverge,
  parallelConnections,
  compression,
  ...compressionTuning,
  ...tunnel,
  ...begin,
  ...server,
  ...perform,
];

/** What the old calls meet first. */
const early: readonly MigrationRule[] = [
  fullOrIncremental,
  parallelTunnel,
  writesWithoutCopy,
  oldTunnelWithoutPeer,
];

const earlyToUri: readonly MigrationRule[] = [parallelTunnel, fullOrIncremental, writesWithoutCopy];

const EARLY: Readonly<Record<MigrationCallName, readonly MigrationRule[]>> = {
  migrate: early,
  migrate2: early,
  migrate3: [fullOrIncremental, writesWithoutCopy, peerToPeerToConnection, tunnelWithoutPeer],
  migrateToURI: earlyToUri,
  migrateToURI2: earlyToUri,
  migrateToURI3: earlyToUri,
};

const OLD: readonly MigrationCallName[] = ['migrate', 'migrate2'];

/** Every rule of the two new calls once, but that `PEER2PEER` is for one of them alone. */
export const migrationRules: readonly MigrationRule[] = [
  ...[fullOrIncremental, writesWithoutCopy, tunnelWithoutPeer, parallelTunnel],
  ...managedOrder.flat(),
];
