import type { Connection, Domain } from '@blockferry/libvirt';
import type { DelegateCall, DelegateHost } from '../../delegate-ports.js';

/** Makes one of libvirt's six calls, with what it was given and nothing else. */
export async function makeCall(
  domain: Domain,
  call: DelegateCall,
  connectionTo: (dest: DelegateHost) => Connection,
): Promise<void> {
  switch (call.call) {
    case 'migrate': {
      const { dest, flags, dname, uri, bandwidth } = call;
      await using _moved = await domain.migrate(connectionTo(dest), flags, dname, uri, bandwidth);
      return;
    }
    case 'migrate2': {
      const { dest, dxml, flags, dname, uri, bandwidth } = call;
      await using _moved = await domain.migrate2(connectionTo(dest), dxml, flags, dname, uri, bandwidth);
      return;
    }
    case 'migrate3': {
      await using _moved = await domain.migrate3(connectionTo(call.dest), call.params, call.flags);
      return;
    }
    case 'migrateToURI':
      return domain.migrateToURI(call.duri, call.flags, call.dname, call.bandwidth);
    case 'migrateToURI2': {
      const { dconnuri, miguri, dxml, flags, dname, bandwidth } = call;
      return domain.migrateToURI2(dconnuri, miguri, dxml, flags, dname, bandwidth);
    }
    case 'migrateToURI3':
      return domain.migrateToURI3(call.dconnuri, call.params, call.flags);
  }
}
