import type { Domain, Host } from '../domain.js';
import { MigrationError } from '../error.js';
import { destinationOf, type LibvirtCall, paramsOf } from '../libvirt-call.js';
import { startMigrationWith } from '../migration.js';
import { callRefusal, type Peers } from '../policy/call-refusal.js';
import { refusalInWords } from '../policy/refusal-words.js';

/**
 * Makes one of libvirt's calls where there is no libvirt: what it says against the arguments is said first, and the rest
 * is a migration as any other, its refusals in libvirt's words.
 */
export async function engineCall(domain: Domain, call: LibvirtCall<Host>): Promise<void> {
  const refused = callRefusal(call, peersOf(domain, call));
  if (refused !== undefined) throw new MigrationError(refused.code, refused.message);
  const to = destinationOf(call);
  if (to === undefined) throw new RangeError('A call without a destination is refused above.');
  const { flags } = call;
  const disks = flags.includes('NON_SHARED_DISK') || flags.includes('NON_SHARED_INC') ? 'default' : 'none';
  const options = { from: domain, to, params: paramsOf(call), flags, disks } as const;
  await startMigrationWith(options, { refuse: refusalInWords }).done;
}

function peersOf({ port }: Domain, call: LibvirtCall<Host>): Peers {
  const ports = 'dest' in call ? [port, call.dest.port] : [port];
  return {
    takeExtensibleParameters: ports.every(
      (peer) => peer.strategy === 'delegate' || peer.takesExtensibleParameters !== false,
    ),
  };
}
