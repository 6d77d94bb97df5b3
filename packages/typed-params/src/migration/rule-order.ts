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
  parallelConnections,
  parallelTunnel,
  perform,
  postcopyBandwidth,
  server,
  switchoverBandwidth,
  tunnel,
  tunnelWithoutPeer,
  writesWithoutCopy,
} from './rules.js';

/** The rules of one moment: one alone, or some that are looked at together for each value of a parameter in turn. */
export type MigrationMoment = MigrationRule | readonly MigrationRule[];

/**
 * The rules in the order in which a migration meets them that a client manages: the call, the source's begin, the
 * destination's prepare, the source's perform.
 */
export const managedOrder: readonly MigrationMoment[] = [
  fullOrIncremental,
  writesWithoutCopy,
  tunnelWithoutPeer,
  parallelTunnel,
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

/** The same rules, as the source meets them when it does everything (`PEER2PEER`). */
export const peerToPeerOrder: readonly MigrationMoment[] = [
  parallelTunnel,
  fullOrIncremental,
  writesWithoutCopy,
  tunnelWithoutPeer,
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

/** Every rule once. */
export const migrationRules: readonly MigrationRule[] = managedOrder.flat();
