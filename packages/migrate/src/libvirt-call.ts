import { type MigrationCallName, TypedParams } from '@blockferry/typed-params';
import { MigrationError } from './error.js';
import type { MigrateFlag } from './flags.js';

/**
 * One of libvirt's six calls, with what it is given and nothing else. `bandwidth` is in MiB/s. What is `undefined` is
 * NULL to libvirt; an empty string is one.
 *
 * Source: libvirt, include/libvirt/libvirt-domain.h, virDomainMigrate and its kin.
 */
export type LibvirtCall<Dest> =
  | ({ readonly call: 'migrate'; readonly dest: Dest; readonly uri?: string | undefined } & Classic)
  | ({
      readonly call: 'migrate2';
      readonly dest: Dest;
      readonly dxml?: string | undefined;
      readonly uri?: string | undefined;
    } & Classic)
  | ({ readonly call: 'migrate3'; readonly dest: Dest } & Extensible)
  | ({ readonly call: 'migrateToURI'; readonly duri?: string | undefined } & Classic)
  | ({
      readonly call: 'migrateToURI2';
      readonly dconnuri?: string | undefined;
      readonly miguri?: string | undefined;
      readonly dxml?: string | undefined;
    } & Classic)
  | ({ readonly call: 'migrateToURI3'; readonly dconnuri?: string | undefined } & Extensible);

interface Classic {
  readonly flags: readonly MigrateFlag[];
  readonly dname?: string | undefined;
  readonly bandwidth?: number | undefined;
}

interface Extensible {
  readonly params: TypedParams;
  readonly flags: readonly MigrateFlag[];
}

/** The function's name in libvirt, as its messages have it. */
export function functionOf(call: MigrationCallName): string {
  return `virDomain${call.charAt(0).toUpperCase()}${call.slice(1)}`;
}

/** Where the call goes. */
export function destinationOf<Dest>(call: LibvirtCall<Dest>): Dest | string | undefined {
  switch (call.call) {
    case 'migrateToURI':
      return call.duri;
    case 'migrateToURI2':
    case 'migrateToURI3':
      return call.dconnuri;
    default:
      return call.dest;
  }
}

/**
 * The typed parameters that a call comes to. The old calls know four, as libvirt itself says: no list of disks has ever
 * had a place in them, so that with a storage flag they copy what libvirt copies by default.
 *
 * @throws {MigrationError} `INVALID_ARG` for a bandwidth that is no whole number of MiB/s.
 *
 * Source: libvirt, src/libvirt-domain.c, virDomainMigrateUnmanaged.
 */
export function paramsOf(call: LibvirtCall<unknown>): TypedParams {
  if ('params' in call) return call.params;
  const params = new TypedParams();
  const uri = uriOf(call);
  if (uri !== undefined) params.addString('migrate_uri', uri);
  if (call.dname !== undefined) params.addString('destination_name', call.dname);
  if ('dxml' in call && call.dxml !== undefined) params.addString('destination_xml', call.dxml);
  if (call.bandwidth !== undefined) params.addULLong('bandwidth', mebibytes(call.bandwidth));
  return params;
}

/** Where the guest's state is to go. Of `migrate` from peer to peer the argument is where the other daemon is. */
function uriOf(call: Exclude<LibvirtCall<unknown>, Extensible>): string | undefined {
  switch (call.call) {
    case 'migrate':
      return call.flags.includes('PEER2PEER') ? undefined : call.uri;
    case 'migrate2':
      return call.uri;
    case 'migrateToURI':
      return undefined;
    case 'migrateToURI2':
      return call.miguri;
  }
}

/** libvirt's `bandwidth` argument: an unsigned long, in MiB/s. */
function mebibytes(bandwidth: number): bigint {
  if (Number.isSafeInteger(bandwidth) && bandwidth >= 0) return BigInt(bandwidth);
  throw new MigrationError('INVALID_ARG', `bandwidth is ${bandwidth}: give a whole number of MiB/s.`);
}
