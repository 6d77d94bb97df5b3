import type {
  BlockDeviceInfo,
  BlockDirtyBitmap,
  BlockDirtyBitmapAdd,
  BlockDirtyBitmapMerge,
  BlockdevOptions,
  BlockExportDel,
  BlockExportInfo,
  BlockExportOptions,
  BlockInfo,
  BlockJobInfo,
  BlockStats,
  JobInfo,
  NbdServerOptions,
  TransactionAction,
} from './block.js';
import type {
  MigrateIncomingOptions,
  MigrateOptions,
  MigrationCapabilityStatus,
  MigrationInfo,
  MigrationParameters,
  MigrationStatus,
} from './migration.js';
import type { ObjectOptions, ObjectProperty, StatusInfo, VersionInfo } from './vm.js';

/** The commands whose arguments and results are typed. */
export type QmpCommandName = keyof QmpCommands;

/** The arguments of a command that takes none. */
export type NoArguments = Readonly<Record<string, never>> | undefined;

/**
 * The commands that a migration uses, as QEMU 10.0 knows them; fields that came after 7.2 are optional.
 *
 * A 64-bit field is typed `number` where something physical (bytes allocated, milliseconds passed) keeps it below 2^53,
 * and `QmpInteger` where a user may set it to anything.
 *
 * Source: QEMU 10.0, query-qmp-schema and qapi/.
 */
export interface QmpCommands {
  'query-status': Command<NoArguments, StatusInfo>;
  'query-version': Command<NoArguments, VersionInfo>;
  'query-name': Command<NoArguments, { readonly name?: string }>;
  'query-uuid': Command<NoArguments, { readonly UUID: string }>;
  cont: Command<NoArguments, Nothing>;
  stop: Command<NoArguments, Nothing>;
  quit: Command<NoArguments, Nothing>;

  'query-block': Command<NoArguments, readonly BlockInfo[]>;
  'query-named-block-nodes': Command<{ readonly flat?: boolean } | undefined, readonly BlockDeviceInfo[]>;
  'query-blockstats': Command<{ readonly 'query-nodes'?: boolean } | undefined, readonly BlockStats[]>;
  'blockdev-add': Command<BlockdevOptions, Nothing>;
  'blockdev-del': Command<{ readonly 'node-name': string }, Nothing>;

  transaction: Command<{ readonly actions: readonly TransactionAction[] }, Nothing>;
  'block-dirty-bitmap-add': Command<BlockDirtyBitmapAdd, Nothing>;
  'block-dirty-bitmap-remove': Command<BlockDirtyBitmap, Nothing>;
  'block-dirty-bitmap-clear': Command<BlockDirtyBitmap, Nothing>;
  'block-dirty-bitmap-enable': Command<BlockDirtyBitmap, Nothing>;
  'block-dirty-bitmap-disable': Command<BlockDirtyBitmap, Nothing>;
  'block-dirty-bitmap-merge': Command<BlockDirtyBitmapMerge, Nothing>;

  'nbd-server-start': Command<NbdServerOptions, Nothing>;
  'nbd-server-stop': Command<NoArguments, Nothing>;
  'query-block-exports': Command<NoArguments, readonly BlockExportInfo[]>;
  'block-export-add': Command<BlockExportOptions, Nothing>;
  'block-export-del': Command<BlockExportDel, Nothing>;

  'query-jobs': Command<NoArguments, readonly JobInfo[]>;
  'query-block-jobs': Command<NoArguments, readonly BlockJobInfo[]>;

  'query-migrate': Command<NoArguments, MigrationInfo>;
  'query-migrate-capabilities': Command<NoArguments, readonly MigrationCapabilityStatus[]>;
  'migrate-set-capabilities': Command<
    { readonly capabilities: readonly MigrationCapabilityStatus[] },
    Nothing
  >;
  'query-migrate-parameters': Command<NoArguments, MigrationParameters>;
  'migrate-set-parameters': Command<MigrationParameters, Nothing>;
  migrate: Command<MigrateOptions, Nothing>;
  'migrate-incoming': Command<MigrateIncomingOptions, Nothing>;
  'migrate-continue': Command<{ readonly state: MigrationStatus }, Nothing>;
  migrate_cancel: Command<NoArguments, Nothing>;

  'object-add': Command<ObjectOptions, Nothing>;
  'object-del': Command<{ readonly id: string }, Nothing>;
  'qom-get': Command<{ readonly path: string; readonly property: string }, unknown>;
  'qom-list': Command<{ readonly path: string }, readonly ObjectProperty[]>;
}

interface Command<Arguments, Returns> {
  readonly arguments: Arguments;
  readonly returns: Returns;
}

type Nothing = Readonly<Record<string, never>>;
